// @ts-check
// A TCP proxy on the Reactor by hand: a Pump for each direction, which says what it waits for.
// usage: node proxy-reactor.mjs <targetHost> <targetPort>          It picks a port and prints `listening on
// 127.0.0.1:PORT`.
import { Acceptor, Interest, Reactor } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { Pump } from 'fdreactor/transfer';

const [host = '127.0.0.1', port = ''] = process.argv.slice(2);
const reactor = new Reactor();

/** A connected pair of sockets, until both directions have ended or one of the two has failed. */
class Tunnel {
  /** @param {number} clientFd @param {number} serverFd */
  constructor(clientFd, serverFd) {
    this.up = new Pump(clientFd, serverFd);
    this.down = new Pump(serverFd, clientFd);
    this.client = reactor.register(clientFd, Interest.READABLE, () => this.turn(this.up, this.down));
    this.server = reactor.register(serverFd, Interest.READABLE, () => this.turn(this.down, this.up));
  }

  /** @param {Pump} from @param {Pump} to */
  turn(from, to) {
    try {
      from.move();
      to.move();
    } catch {
      this.close();
      return;
    }
    if (from.done && to.done) {
      this.close();
      return;
    }
    wantOnly(this.client, this.up.sourceInterest | this.down.destinationInterest);
    wantOnly(this.server, this.down.sourceInterest | this.up.destinationInterest);
  }

  close() {
    for (const pump of [this.up, this.down]) pump.close();
    for (const end of [this.client, this.server]) end.close();
  }
}

/** @param {import('fdreactor').Registration<undefined>} registration @param {number} interest */
function wantOnly(registration, interest) {
  if (registration.interest !== interest) registration.modify(interest);
}

const listener = socket.listenTcp({ host: '127.0.0.1', port: 0, backlog: 4096 });
new Acceptor(reactor, listener, (clientFd) => {
  const serverFd = socket.connectTcp({ host, port: Number(port) });
  const connecting = reactor.register(serverFd, Interest.WRITABLE, () => {
    connecting.deregister();
    new Tunnel(clientFd, serverFd);
  });
});
console.log(`listening on 127.0.0.1:${/** @type {{ port: number }} */ (socket.getsockname(listener)).port}`);
reactor.run();
