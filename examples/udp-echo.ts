// UDP echo on a bare Reactor: node udp-echo.js [port] [host]
//
// What it shows: the lowest layer, which is the one for datagrams. recvfrom() fills one SocketAddress that is made
// once, so a datagram costs no object. What may change: anything. What must hold: a turn handles a bounded number of
// datagrams, so that a flood does not starve the timers and the signals beside it.
import { Interest, Reactor, SystemError, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { announce, stopOnSignals } from './announce.js';

const MAX_PER_TURN = 256;

const [port = '0', host = '127.0.0.1'] = process.argv.slice(2);
const reactor = new Reactor();
const buffer = Buffer.allocUnsafeSlow(64 * 1024); // no datagram is larger
const sender = new socket.SocketAddress();
const fd = socket.bindUdp({ host, port: Number(port) });
let dropped = 0;

const registration = reactor.register(fd, Interest.READABLE, () => {
  for (let i = 0; i < MAX_PER_TURN; i++) {
    const length = socket.recvfrom(fd, buffer, 0, buffer.length, 0, sender);
    if (length === WOULD_BLOCK) return;
    reply(length); // 0 is a datagram too: an empty one
  }
});

/** A datagram that cannot be sent now is dropped, as the network itself may do, and counted. */
function reply(length: number): void {
  try {
    if (socket.sendto(fd, buffer, 0, length, 0, sender) === WOULD_BLOCK) dropped++;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    dropped++; // ENOBUFS, EPERM (a firewall), EINVAL (the sender gave port 0)
  }
}

stopOnSignals(reactor);
announce(fd);
reactor.run();
registration.close();
reactor.close();
if (dropped > 0) console.log(`${dropped} replies dropped`);
