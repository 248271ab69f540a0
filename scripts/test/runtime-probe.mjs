// Run by scripts/test/runtimes.mjs in each runtime: says as JSON which one it is, and in which way attach() works there. That
// is seen from outside: one way starts a thread, the other none.
import { readdirSync } from 'node:fs';
import { Reactor } from 'fdreactor';

const { bun, deno } = process.versions;
const [name, version] = bun ? ['Bun', bun] : deno ? ['Deno', deno] : ['Node.js', process.versions.node];
const threads = () => readdirSync('/proc/self/task').length;

const reactor = new Reactor();
const before = threads();
reactor.attach();
const attach = threads() > before ? 'a waiting thread' : 'nested in libuv';
reactor.close();
console.log(JSON.stringify({ name, version, attach }));
