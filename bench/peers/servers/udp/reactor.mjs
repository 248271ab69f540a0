// @ts-check
// The UDP echo server on the Reactor: examples/udp-echo without its signals, so that it can be attached too.
// usage: node udp-reactor.mjs run|attach          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Interest, Reactor, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';

/** A flood does not starve what is beside it. */
const MAX_PER_TURN = 256;

const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(65536);
const sender = new socket.SocketAddress();

/** A reply that cannot be sent now is dropped, and the load says so. @param {number} fd */
function echoAll(fd) {
  for (let i = 0; i < MAX_PER_TURN; i++) {
    const length = socket.recvfrom(fd, buffer, 0, buffer.length, 0, sender);
    if (length === WOULD_BLOCK) return;
    socket.sendto(fd, buffer, 0, length, 0, sender);
  }
}

const fd = socket.bindUdp({ host: '127.0.0.1', port: 0 });
reactor.register(fd, Interest.READABLE, () => echoAll(fd));
const { port } = /** @type {{ port: number }} */ (socket.getsockname(fd));
console.log(`listening on 127.0.0.1:${port}`);

if (process.argv[2] === 'attach') reactor.attach();
else reactor.run();
