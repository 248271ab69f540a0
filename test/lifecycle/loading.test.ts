// Loading: twice, by copies, by require, without permission; and beside Node's own handles.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inChild, reportOf, type Toolbox } from '../helpers/child.js';
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { testWith } from '../helpers/needs.js';

test('require() gives the same module as import', async () => {
  const same = await reportOf(({ Reactor, require, report }) => {
    report(require('fdreactor').Reactor === Reactor && require('fdreactor/socket').accept !== undefined);
  });
  expect(same).toBe(true);
});

test('two copies of the add-on in one process, and one that is loaded twice, do not mind each other', async () => {
  // Removed here, not in the child: Windows lets no process remove an add-on that is loaded.
  const directory = mkdtempSync(join(tmpdir(), 'fdreactor-copy-'));
  try {
    expect(await reportOf(loadThree, { args: join(directory, 'copy.node') })).toEqual([3, 3, 3]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** Loads the add-on, its copy, and the first again; how many bytes each has moved. */
const loadThree = ({ fs, socket, require, report, args: copy }: Toolbox): void => {
  const path = process.env.FDREACTOR_BINARY || require('node-gyp-build').path(process.cwd());
  fs.copyFileSync(path, copy);
  const first = require(path);
  const second = require(copy);
  delete require.cache[path];
  const third = require(path);
  const counts = [first, second, third].map((native) => {
    const fds = new Int32Array(2);
    native.socket.socketpair(native.socket.socketpairDomain, socket.constants.SOCK_STREAM, fds);
    native.fd.write(fds[1], new Uint8Array(3));
    const n = socket.read(fds[0] as number, new Uint8Array(8));
    for (const fd of fds) native.fd.close(fd);
    return n;
  });
  report(counts);
};

test('without permission to load add-ons: an error that says so, not a crash', async () => {
  const isStable = process.allowedNodeEnvironmentFlags.has('--permission');
  const flag = isStable ? '--permission' : '--experimental-permission';
  const outcome = await inChild(() => {}, {
    execArgv: [flag, `--allow-fs-read=${process.cwd()}/*`, '--no-warnings'],
  });
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain('ERR_FDREACTOR_NOT_PERMITTED');
  expect(outcome.stderr).toContain('--allow-addons');
});

testWith(
  { notOnWindows: 'a net.Socket does not tell its SOCKET', notOnLibkqueue: libkqueue.closed },
  'an fd that a net.Socket still owns may be watched too; its close by Node is no harm',
  async () => {
    const seen = await reportOf(({ Reactor, Interest, net, report }) => {
      const server = net
        .createServer((connection) => connection.end('hello'))
        .listen(0, '127.0.0.1', () => {
          const client = net.connect((server.address() as { port: number }).port, '127.0.0.1', () => {
            const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
            const reactor = new Reactor();
            reactor.attach();
            let events = 0;
            const reg = reactor.register(fd, Interest.READABLE, () => events++);
            client.resume().on('close', () => {
              server.close();
              setTimeout(() => {
                reg.deregister();
                reactor.close();
                report(events > 0);
              }, 20);
            });
          });
        });
    });
    expect(seen).toBe(true);
  },
);
