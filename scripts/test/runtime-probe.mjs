// Runs in each runtime of scripts/test/runtimes.mjs and prints as JSON which one it is, and how attach() works there.
// One way starts a thread and the other does not, which /proc shows.
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
