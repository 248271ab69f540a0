// Listeners: who has connected, Unix sockets, and a process that is out of fds.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reactor } from 'fdreactor';
import { type Connection, connect, Listener } from 'fdreactor/connection';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { reportOf } from '../../helpers/child.js';
import { contractTest } from '../../helpers/contract.js';
import { own } from '../../helpers/owned.js';
import { hasKqueue } from '../../helpers/platform.js';
import { turnFor, turnUntil } from '../../helpers/wait.js';

/** A listener, and the connections that it has opened. */
function listen(reactor: Reactor, options: { host: string; port: number } | { path: string }) {
  const opened: Connection[] = [];
  const listener = new Listener(reactor, options, {
    open: (connection) => opened.push(connection),
    data: (connection, bytes) => connection.write(bytes),
  });
  return { listener, opened };
}

for (const host of ['127.0.0.1', '::1']) {
  contractTest(`an accepted connection knows its peer (${host})`, ({ reactor }) => {
    const { listener, opened } = listen(reactor, { host, port: 0 });
    const { port } = listener.address as { port: number };
    const clients = [0, 1, 2].map(() => own(socket.connectTcp({ host, port })));
    turnUntil(reactor, () => opened.length === 3);
    const peers = opened.map(({ remoteAddress }) => JSON.stringify(remoteAddress)).sort();
    expect(peers).toEqual(clients.map((fd) => JSON.stringify(socket.getsockname(fd))).sort());
  });
}

contractTest(
  'a Unix socket: its peer has no address',
  ({ reactor }) => {
    const directory = mkdtempSync(join(tmpdir(), 'fdreactor-streams-'));
    const path = join(directory, 'socket');
    const { opened } = listen(reactor, { path });
    let text = '';
    const client = connect(
      reactor,
      { path },
      {
        open: (connection) => connection.write('through a path'),
        data: (_, bytes) => {
          text += bytes.toString();
        },
      },
    );
    turnUntil(reactor, () => text === 'through a path');
    expect(opened[0]?.remoteAddress).toEqual({ path: '' });
    client.close();
    rmSync(directory, { recursive: true });
  },
  { needs: 'unixSockets', notUnderWine: 'Wine has no AF_UNIX' },
);

contractTest('many connections that come and go: no event of an earlier one reaches a later one', ({ reactor }) => {
  const { listener } = listen(reactor, { host: '127.0.0.1', port: 0 });
  const { port } = listener.address as { port: number };
  for (let round = 0; round < 20; round++) {
    let answers = 0;
    const clients = Array.from({ length: 20 }, (_, i) =>
      connect(
        reactor,
        { host: '127.0.0.1', port },
        {
          open: (connection) => connection.write(`${round} ${i}`),
          data: (connection, bytes) => {
            expect(bytes.toString()).toBe(`${round} ${i}`);
            answers++;
            if (i % 2 === 0) connection.close();
            else connection.reset();
          },
        },
      ),
    );
    turnUntil(reactor, () => answers === clients.length);
  }
  turnUntil(reactor, () => listener.size === 0);
  expect(listener.accepted).toBe(400);
});

contractTest(
  'out of fds (EMFILE): pauses, does not spin, and goes on when there is room',
  async ({ backend }) => {
    const { later, accepted } = await reportOf(
      ({ Reactor, connection: { Listener: L }, report, args }) => {
        const reactor = new Reactor({ backend: args });
        const connections: { close(): void }[] = [];
        const handlers = { open: (connection: { close(): void }) => connections.push(connection) };
        const listener = new L(reactor, { host: '127.0.0.1', port: 0, backlog: 512 }, handlers);
        report(listener.address);
        while (listener.pauses === 0) reactor.poll(100);
        const { pauses } = listener;
        let polls = 0;
        for (const end = performance.now() + 400; performance.now() < end; polls++) {
          reactor.poll(end - performance.now());
        }
        const later = { pauses: listener.pauses - pauses, polls };
        while (listener.accepted < 150) {
          for (const connection of connections.splice(0)) connection.close(); // room again
          reactor.poll(100);
        }
        report({ later, accepted: listener.accepted });
        process.exit(0);
      },
      {
        args: backend,
        wrap: ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'],
        // The clients are here, where there is no such limit.
        onReport: ({ port }) => {
          for (let i = 0; port !== undefined && i < 150; i++) own(socket.connectTcp({ host: '127.0.0.1', port }));
        },
      },
    );
    expect(accepted).toBe(150);
    expect(later.pauses).toBeLessThanOrEqual(5); // 400 ms of pauses of 100
    // The filter by which kqueue hears of closures wakes a paused reactor once a connection, too.
    expect(later.polls).toBeLessThan(hasKqueue ? 100 + 150 : 100);
  },
  { needs: 'shell' },
);

contractTest('a listener that is closed accepts no more; its connections stay', ({ reactor }) => {
  const { listener, opened } = listen(reactor, { host: '127.0.0.1', port: 0 });
  const { port } = listener.address as { port: number };
  const client = own(socket.connectTcp({ host: '127.0.0.1', port }));
  turnUntil(reactor, () => opened.length === 1);
  listener.close();
  turnFor(reactor);
  socket.send(client, Buffer.from('still'));
  const buffer = new Uint8Array(8);
  turnUntil(reactor, () => socket.recv(client, buffer) === 5);
});

contractTest(
  'a listener whose folder has become a file closes all the same',
  ({ reactor }) => {
    const folder = mkdtempSync(join(tmpdir(), 'fdreactor-listener-'));
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const { listener } = listen(reactor, { path: join(inner, 'socket') });
    renameSync(inner, join(folder, 'moved'));
    writeFileSync(inner, '');
    listener.close();
    reactor.run(); // returns: nothing is left
    rmSync(folder, { recursive: true });
  },
  { needs: ['unixSockets', 'pollableFiles'] },
);
