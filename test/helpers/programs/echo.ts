// A program of the contract, as it stands: it must compile and run. See ../../lifecycle/programs.test.ts.
// biome-ignore-all format: quoted
// biome-ignore-all lint/suspicious/noAssignInExpressions: quoted
// echo, driven by hand
import { Interest, Reactor, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';

const reactor = new Reactor();
const listener = socket.listenTcp({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0), backlog: 4096 });
const buffer = Buffer.allocUnsafeSlow(65536);
reactor.register(listener, Interest.READABLE, () => {
  for (let fd: number; (fd = socket.accept(listener)) !== WOULD_BLOCK; ) {
    const conn = reactor.register(fd, Interest.READABLE, () => {
      let n: number; try { n = socket.recv(fd, buffer); } catch { n = 0; }
      if (n === WOULD_BLOCK) return;
      if (n === 0) { conn.close(); return; }
      socket.send(fd, buffer, 0, n);   // may take fewer than n: examples/echo keeps the rest and waits for WRITABLE
    });
  }
});
for (;;) reactor.poll();
