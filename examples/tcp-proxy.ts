// TCP proxy: node tcp-proxy.js <target host> <target port> [port] [host]
//
// What it shows: two Pumps a connection, one for each direction, move the bytes from socket to socket inside the
// kernel. A Pump knows no reactor: it says what it waits for, and this file asks for that and no more, which is all
// there is to back-pressure. What may change: anything. What must hold: half-close is carried through both ways, and a
// connection that was reset on one side is reset on the other, so that a cut stream never looks like one that ended.
import { Acceptor, Interest, Reactor, Ready, type Registration, SystemError } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { Pump } from 'fdreactor/transfer';
import { announce, goOn, stopOnSignals } from './announce.js';

const CONNECT_TIMEOUT_MS = 5000;
const { SOL_SOCKET, SO_LINGER } = socket.constants;
/** struct linger { on, 0 seconds }: close() sends a reset instead of a FIN. */
const RESET_ON_CLOSE = Buffer.from(new Int32Array([1, 0]).buffer);

const [targetHost, targetPort, port = '0', host = '127.0.0.1'] = process.argv.slice(2);
if (targetHost === undefined || targetPort === undefined) {
  console.error('usage: node tcp-proxy.js <target host> <target port> [port] [host]');
  process.exit(2);
}
const target = { host: targetHost, port: Number(targetPort) };
const reactor = new Reactor({ onError: goOn });

/** A connected pair of sockets, until both directions have ended or one of the two has failed. */
class Tunnel {
  readonly #up: Pump; // client to server
  readonly #down: Pump;
  readonly #client: Registration<undefined>;
  readonly #server: Registration<undefined>;

  constructor(clientFd: number, serverFd: number) {
    this.#up = new Pump(clientFd, serverFd);
    this.#down = new Pump(serverFd, clientFd);
    this.#client = reactor.register(clientFd, Interest.READABLE, (ready) => this.#turn(clientFd, ready));
    this.#server = reactor.register(serverFd, Interest.READABLE, (ready) => this.#turn(serverFd, ready));
  }

  /** What is readable here goes out there, what is writable here lets in from there; a hang-up may be either. */
  #turn(fd: number, ready: number): void {
    const [from, to] = fd === this.#client.fd ? [this.#up, this.#down] : [this.#down, this.#up];
    try {
      const error = ready & Ready.ERROR ? socket.takeError(fd) : null;
      if (error !== null) throw error;
      if (ready & ~Ready.WRITABLE) from.move();
      if (ready & ~Ready.READABLE) to.move();
      if (from.done && to.done) this.#close(socket.close);
      else this.#wait();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#close(reset);
    }
  }

  #wait(): void {
    wantOnly(this.#client, this.#up.sourceInterest | this.#down.destinationInterest);
    wantOnly(this.#server, this.#down.sourceInterest | this.#up.destinationInterest);
  }

  #close(closeFd: (fd: number) => void): void {
    for (const pump of [this.#up, this.#down]) pump.close();
    for (const end of [this.#client, this.#server]) {
      end.deregister();
      closeFd(end.fd);
    }
  }
}

function wantOnly(registration: Registration<undefined>, interest: number): void {
  if (registration.interest !== interest) registration.modify(interest);
}

function reset(fd: number): void {
  try {
    socket.setsockopt(fd, SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error; // EINVAL of macOS: the connection has ended already
  }
  socket.close(fd);
}

/** Nothing is read from the client before the server has taken the connection. */
function accepted(clientFd: number): void {
  let serverFd: number;
  try {
    serverFd = socket.connectTcp(target);
  } catch (error) {
    refuse(error, clientFd);
    return;
  }
  let connecting: Registration;
  try {
    connecting = reactor.register(serverFd, Interest.WRITABLE, () => connected());
  } catch (error) {
    refuse(error, clientFd, serverFd);
    return;
  }
  const timer = reactor.setTimer(CONNECT_TIMEOUT_MS, () => {
    connecting.close();
    reset(clientFd);
  });

  function connected(): void {
    timer.cancel();
    connecting.deregister();
    try {
      const error = socket.takeError(serverFd);
      if (error !== null) throw error;
      new Tunnel(clientFd, serverFd);
    } catch (error) {
      refuse(error, clientFd, serverFd);
    }
  }
}

/** No listener, no route, or no fd left for a pipe: this client is refused, the others go on. */
function refuse(error: unknown, ...fds: number[]): void {
  for (const fd of fds) reset(fd);
  if (!(error instanceof SystemError)) throw error;
  console.error(error.message);
}

const listener = socket.listenTcp({ host, port: Number(port), backlog: 4096 });
const acceptor = new Acceptor(reactor, listener, accepted);

stopOnSignals(reactor);
announce(listener);
reactor.run();
acceptor.close();
reactor.close();
