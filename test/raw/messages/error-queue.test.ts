// The error queue of a socket (IP_RECVERR, IPV6_RECVERR, SO_TIMESTAMPING; ip(7)): what hosts report of what was sent.
import { Interest, Reactor, Ready, WOULD_BLOCK } from 'fdreactor';
import * as socket from 'fdreactor/socket';
import { Message, recvmsg, sendmsg } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose, own } from '../../helpers/owned.js';
import { portOf } from '../../helpers/pairs.js';
import { expectSystemError } from '../../helpers/throws.js';
import { awaitReady, turnUntil } from '../../helpers/wait.js';

const { constants } = socket;
const { MSG_ERRQUEUE } = constants;

const bound = (host: string): number => own(socket.bindUdp({ host, port: 0 }));
const outgoing = (host: string, port: number, bytes = Buffer.from('lost')): Message => {
  const message = new Message({ buffers: [bytes] });
  message.setName({ host, port });
  return message;
};
const fromQueue = (fd: number): Message => {
  awaitReady(fd, Interest.PRIORITY); // ERROR is reported for any interest
  const message = new Message({ buffers: [Buffer.alloc(2048)] });
  recvmsg(fd, message, MSG_ERRQUEUE);
  return message;
};

/** A port that is bound, and refuses: its socket is connected to another. */
function refusingPort(host: string): number {
  const fd = bound(host);
  socket.connect(fd, { host, port: 9 });
  return portOf(fd);
}

test.each([
  { host: '127.0.0.1', level: constants.IPPROTO_IP, option: constants.IP_RECVERR, origin: 'SO_EE_ORIGIN_ICMP' },
  { host: '::1', level: constants.IPPROTO_IPV6, option: constants.IPV6_RECVERR, origin: 'SO_EE_ORIGIN_ICMP6' },
] as const)(
  'a datagram to $host that finds no receiver comes back, with the reason',
  ({ host, level, option, origin }) => {
    const fd = bound(host);
    socket.setsockopt(fd, level, option, 1);
    const port = refusingPort(host);
    sendmsg(fd, outgoing(host, port));
    const message = fromQueue(fd);
    expect(Buffer.concat(message.buffers).toString('latin1', 0, message.bytes)).toBe('lost');
    expect(message.name).toMatchObject({ address: host, port });
    expect(message.flags & MSG_ERRQUEUE).toBe(MSG_ERRQUEUE);
    const { extendedError } = message;
    expect(extendedError).toMatchObject({ errorName: 'ECONNREFUSED', origin: constants[origin] });
    expect(extendedError?.offender.address).toBe(host);
    expect(extendedError?.type).toBe(host === '::1' ? 1 : 3);
    expect(extendedError?.code).toBe(host === '::1' ? 4 : 3);
    expect(recvmsg(fd, message, MSG_ERRQUEUE)).toBe(WOULD_BLOCK);
  },
);

test('an error of this system has no offender, and tells the MTU', () => {
  const fd = bound('::1');
  socket.setsockopt(fd, constants.IPPROTO_IPV6, constants.IPV6_RECVERR, 1);
  socket.setsockopt(fd, constants.IPPROTO_IPV6, 23, 2); // IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO
  const port = portOf(bound('::1'));
  expectSystemError(() => sendmsg(fd, outgoing('::1', port, Buffer.alloc(65_520))), 'EMSGSIZE');
  const { extendedError } = fromQueue(fd);
  expect(extendedError).toMatchObject({ errorName: 'EMSGSIZE', origin: constants.SO_EE_ORIGIN_LOCAL });
  expect(extendedError?.info).toBeGreaterThanOrEqual(1280);
  expect(extendedError?.offender.family).toBe(null);
});

test('the queue makes the fd ERROR in each turn until it is read; SO_ERROR does not empty it', () => {
  const fd = bound('127.0.0.1');
  socket.setsockopt(fd, constants.IPPROTO_IP, constants.IP_RECVERR, 1);
  const port = refusingPort('127.0.0.1');
  const reactor = dispose(new Reactor());
  const message = new Message({ buffers: [Buffer.alloc(64)] });
  let turns = 0;
  let isRead = false;
  reactor.register(fd, Interest.READABLE, (ready) => {
    expect(ready & Ready.ERROR).toBe(Ready.ERROR);
    socket.takeError(fd);
    if (++turns < 3) return;
    recvmsg(fd, message, MSG_ERRQUEUE);
    isRead = true;
  });
  sendmsg(fd, outgoing('127.0.0.1', port));
  turnUntil(reactor, () => isRead);
  expect(message.extendedError?.errorName).toBe('ECONNREFUSED');
  expect({ turns, ran: reactor.poll(0) }).toEqual({ turns: 3, ran: 0 });
});

test('SO_TIMESTAMPING: when a datagram was sent', () => {
  const fd = bound('127.0.0.1');
  const asked =
    constants.SOF_TIMESTAMPING_TX_SOFTWARE | constants.SOF_TIMESTAMPING_SOFTWARE | constants.SOF_TIMESTAMPING_OPT_ID;
  socket.setsockopt(fd, constants.SOL_SOCKET, constants.SO_TIMESTAMPING, asked);
  const port = portOf(bound('127.0.0.1'));
  for (const id of [0, 1]) {
    sendmsg(fd, outgoing('127.0.0.1', port));
    const { timestampNs, extendedError } = fromQueue(fd);
    expect(timestampNs).toBeGreaterThan(1_700_000_000_000_000_000n);
    expect(extendedError).toMatchObject({ origin: constants.SO_EE_ORIGIN_TIMESTAMPING, data: id });
  }
});
