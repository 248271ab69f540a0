// Chat: node chat.js [--style connection|reactor|async|rxjs] [--idle seconds] [port] [host]
//
// What it shows: a server whose clients hear of each other, four times, side by side: by handlers of Connection, on the
// bare Reactor, by async/await, and by RxJS. docs/guide/styles.md has what each costs. The chat itself is in
// chat/rooms.ts, so that the four files differ in the style alone. A member that does not read is dropped once its
// queue is full, and its room is told why; one that says nothing is asked to leave; at SIGTERM all are
// told. Try it with `nc 127.0.0.1 PORT`. What may change: anything in a style. What must hold: no member waits for a
// slow one; test/examples/chat.test.ts is the same for all four.
import { parseArgs } from 'node:util';
import type { ChatOptions } from './chat/rooms.js';

interface Style {
  run(options: ChatOptions): void | Promise<void>;
}

const styles: Record<string, () => Promise<Style>> = {
  connection: () => import('./chat/connection.js'),
  reactor: () => import('./chat/reactor.js'),
  async: () => import('./chat/async.js'),
  rxjs: () => import('./chat/rxjs.js'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { style: { type: 'string', default: 'connection' }, idle: { type: 'string', default: '600' } },
});
const [port = '0', host = '127.0.0.1'] = positionals;
const load = styles[values.style];
if (load === undefined) {
  console.error(`--style is one of ${Object.keys(styles).join(', ')}`);
  process.exitCode = 2;
} else {
  const style = await load();
  await style.run({ host, port: Number(port), idleTimeoutMs: Number(values.idle) * 1000 });
}
