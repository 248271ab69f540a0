// The overlapped calls on sockets, each with its packet.
import { Interest } from 'fdreactor';
import * as iocp from 'fdreactor/iocp';
import {
  acceptEx,
  connectEx,
  disconnectEx,
  Overlapped,
  STATUS_BUFFER_OVERFLOW,
  WOULD_BLOCK,
  wsaRecv,
  wsaRecvFrom,
  wsaSend,
  wsaSendTo,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { associatedPair, beginAccept, finish, newTcpSocket } from '../../helpers/iocp/completions.js';
import { expectNoPacket, newPort, takePacket, takePackets } from '../../helpers/iocp/packets.js';
import { testWith } from '../../helpers/needs.js';
import { own } from '../../helpers/owned.js';
import { listen, portOf, recvAll, refusingPort, sendAll, tcpPair } from '../../helpers/pairs.js';
import { caught, expectInvalidState, expectSystemError } from '../../helpers/throws.js';
import { awaitReady } from '../../helpers/wait.js';

const { MSG_PEEK } = socket.constants;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const anyPort = { host: '127.0.0.1', port: 0 };

function boundSocket(): number {
  const fd = newTcpSocket();
  socket.bind(fd, anyPort);
  return fd;
}

const newUdp = (): number => own(socket.bindUdp(anyPort));

describe('wsaRecv and wsaSend', () => {
  test('bytes that come later', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(16)];
    expect(wsaRecv(a, buffer, overlapped)).toBe(WOULD_BLOCK);
    expectNoPacket(port);
    sendAll(b, text('hello'));
    expect(finish(port, overlapped)).toMatchObject({ key: a, bytes: 5, status: 0 });
    expect(buffer).toEqual(Uint8Array.from([...text('hello'), ...new Uint8Array(11)]));
  });

  test('bytes that are there make a packet like any other', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    sendAll(b, text('hello'));
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(16)];
    expect(wsaRecv(a, buffer, overlapped)).toBe(WOULD_BLOCK);
    expect(finish(port, overlapped).bytes).toBe(5);
    expectNoPacket(port);
  });

  test('several buffers are filled one after the other, and sent so (scatter and gather)', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    port.associate(b, b);
    const overlapped = new Overlapped();
    wsaSend(b, [text('ab'), new Uint8Array(0), text('cdefg')], overlapped);
    expect(finish(port, overlapped)).toMatchObject({ key: b, bytes: 7 });
    const buffers = [new Uint8Array(3), new Uint8Array(0), new Uint8Array(2), new Uint8Array(9)];
    wsaRecv(a, buffers, overlapped);
    expect(finish(port, overlapped).bytes).toBe(7);
    expect(Buffer.concat(buffers).toString('latin1', 0, 7)).toBe('abcdefg');
    expect(buffers[3]).toEqual(Uint8Array.from([...text('fg'), ...new Uint8Array(7)]));
  });

  test('a part of a larger buffer is filled, and nothing beside it', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const whole = new Uint8Array(10).fill(0xee);
    const overlapped = new Overlapped();
    wsaRecv(a, whole.subarray(4, 6), overlapped);
    sendAll(b, text('hello'));
    expect(finish(port, overlapped).bytes).toBe(2);
    expect([...whole]).toEqual([0xee, 0xee, 0xee, 0xee, 0x68, 0x65, 0xee, 0xee, 0xee, 0xee]);
  });

  test('0 bytes are the end of the stream', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    wsaRecv(a, new Uint8Array(4), overlapped);
    socket.shutdown(b, socket.SHUT_WR);
    expect(finish(port, overlapped).bytes).toBe(0);
  });

  test('without room it tells that there is something, and takes nothing', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    for (const nothing of [[], new Uint8Array(0), [new Uint8Array(0)]]) {
      wsaRecv(a, nothing, overlapped);
      expectNoPacket(port);
      sendAll(b, text('x'));
      expect(finish(port, overlapped).bytes).toBe(0);
      expect(recvAll(a, 1).toString()).toBe('x');
    }
  });

  test('MSG_PEEK leaves the bytes where they are', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    sendAll(b, text('hello'));
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(5)];
    wsaRecv(a, buffer, overlapped, MSG_PEEK);
    expect(finish(port, overlapped).bytes).toBe(5);
    expect(recvAll(a, 5).toString()).toBe('hello');
  });

  test('a large send is one packet, whatever the peer takes at a time', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const bytes = Buffer.allocUnsafe(4 << 20);
    for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + (i >> 8);
    const overlapped = new Overlapped();
    wsaSend(a, bytes, overlapped);
    expect(recvAll(b, bytes.length).equals(bytes)).toBe(true);
    expect(finish(port, overlapped).bytes).toBe(bytes.length);
  });

  test('sends are in order, and each has its packet', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const operations = Array.from({ length: 50 }, (_, i) => new Overlapped(i));
    for (const operation of operations) wsaSend(a, text(String.fromCharCode(40 + operation.data)), operation);
    const packets = takePackets(port, 50);
    expect(new Set(packets.map((packet) => packet.overlapped))).toEqual(new Set(operations));
    expect(recvAll(b, 50).toString()).toBe(String.fromCharCode(...operations.map(({ data }) => 40 + data)));
  });

  test('a reset ends a pending receive with ECONNRESET', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    wsaRecv(a, new Uint8Array(4), overlapped);
    socket.setsockopt(b, socket.constants.SOL_SOCKET, socket.constants.SO_LINGER, new Uint8Array([1, 0, 0, 0]));
    socket.close(b);
    const { error } = takePacket(port);
    expect(error).toMatchObject({ code: 'ECONNRESET', syscall: 'WSARecv', fd: a });
  });

  test('a socket that is not connected is ENOTCONN, and the Overlapped stays idle', () => {
    const port = newPort();
    const fd = boundSocket();
    port.associate(fd, 1);
    const overlapped = new Overlapped();
    expectSystemError(() => wsaRecv(fd, new Uint8Array(1), overlapped), 'ENOTCONN', { syscall: 'WSARecv', fd });
    expect(overlapped.pending).toBe(false);
    expectNoPacket(port);
  });

  const saysReset = 'it says ECONNRESET';
  testWith({ notUnderWine: saysReset }, 'so is one to send to', () => {
    const fd = boundSocket();
    newPort().associate(fd, 1);
    expectSystemError(() => wsaSend(fd, text('x'), new Overlapped()), 'ENOTCONN', { syscall: 'WSASend', fd });
  });
});

describe('skipOnSuccess', () => {
  test('what is done at once returns its bytes and makes no packet (133: no double handling)', () => {
    const port = newPort();
    const [a, b] = associatedPair(port, { skipOnSuccess: true });
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(16)];
    sendAll(b, text('hello'));
    expect(wsaRecv(a, buffer, overlapped)).toBe(5);
    expect(Buffer.from(buffer.subarray(0, 5)).toString()).toBe('hello');
    expect(overlapped.pending).toBe(false);
    expect(wsaSend(a, text('x'), overlapped)).toBe(1);
    expect(port.pending).toBe(0);
    expectNoPacket(port);
  });

  test('what is not makes one', () => {
    const port = newPort();
    const [a, b] = associatedPair(port, { skipOnSuccess: true });
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(16)];
    expect(wsaRecv(a, buffer, overlapped)).toBe(WOULD_BLOCK);
    sendAll(b, text('hello'));
    expect(finish(port, overlapped).bytes).toBe(5);
    expectNoPacket(port);
  });
});

describe('acceptEx', () => {
  test('a connection; its socket then knows its addresses (SO_UPDATE_ACCEPT_CONTEXT)', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    port.associate(listener, 7);
    const overlapped = new Overlapped();
    const { accepted, result } = beginAccept(listener, overlapped);
    expect(result).toBe(WOULD_BLOCK);
    expectNoPacket(port);
    const client = own(socket.connectTcp({ host: '127.0.0.1', port: number }));
    expect(finish(port, overlapped)).toMatchObject({ key: 7, bytes: 0 });
    expect(socket.getpeername(accepted)).toEqual(socket.getsockname(client));
    expect(socket.getsockname(accepted)).toEqual(socket.getpeername(client));
    sendAll(accepted, text('hello'));
    socket.shutdown(accepted, socket.SHUT_WR);
    expect(recvAll(client).toString()).toBe('hello');
    expect(socket.recv(accepted, new Uint8Array(1))).toBe(WOULD_BLOCK);
  });

  test('many are pending at once, and each gets a connection of its own', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    port.associate(listener, 7);
    const begun = Array.from({ length: 20 }, () => {
      const overlapped = new Overlapped(-1);
      overlapped.data = beginAccept(listener, overlapped).accepted;
      return overlapped;
    });
    const clients = begun.map(() => own(socket.connectTcp({ host: '127.0.0.1', port: number })));
    const packets = takePackets(port, begun.length);
    expect(packets.map((packet) => packet.error)).toEqual(begun.map(() => null));
    const peers = packets.map(({ overlapped }) => portOfPeer((overlapped as Overlapped<number>).data));
    expect(new Set(peers)).toEqual(new Set(clients.map(portOf)));
  });

  const neverListens = 'Wine waits for a connection to a socket that does not listen';
  testWith({ notUnderWine: neverListens }, 'a socket that is no listener is EINVAL', () => {
    const port = newPort();
    const fd = boundSocket();
    port.associate(fd, 1);
    expectSystemError(() => acceptEx(fd, newTcpSocket(), new Overlapped()), 'EINVAL', { syscall: 'AcceptEx', fd });
  });

  test('an accepting socket that is not a socket is ENOTSOCK', () => {
    const port = newPort();
    const { listener } = listen();
    port.associate(listener, 1);
    expectSystemError(() => acceptEx(listener, 2 ** 31 - 4, new Overlapped()), 'ENOTSOCK');
    expect(port.pending).toBe(0);
  });

  const takesAny = 'it accepts into any socket';
  testWith({ notUnderWine: takesAny }, 'an accepting socket that is connected is EINVAL', () => {
    const { listener } = listen();
    newPort().associate(listener, 1);
    const [connected] = tcpPair();
    expectSystemError(() => acceptEx(listener, connected, new Overlapped()), 'EINVAL');
  });

  test('the listener is closed: every pending one ends with an error', () => {
    const port = newPort();
    const { listener } = listen();
    port.associate(listener, 1);
    for (let i = 0; i < 3; i++) beginAccept(listener, new Overlapped());
    socket.close(listener);
    for (const { error } of takePackets(port, 3)) expect(error).not.toBe(null);
    expect(port.pending).toBe(0);
  });

  test('the accepting socket is closed before its packet was seen, and its number used again: the stranger is left alone', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    port.associate(listener, 1);
    const overlapped = new Overlapped();
    const { accepted } = beginAccept(listener, overlapped);
    const client = own(socket.connectTcp({ host: '127.0.0.1', port: number }));
    awaitReady(client, Interest.WRITABLE);
    socket.close(accepted);
    const strangers = Array.from({ length: 8 }, newTcpSocket);
    expect(takePacket(port).error).not.toBe(null);
    for (const stranger of strangers) expectSystemError(() => socket.getpeername(stranger), 'ENOTCONN');
  });
});

describe('connectEx', () => {
  test('a connection; the socket then knows its peer (SO_UPDATE_CONNECT_CONTEXT)', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    const fd = boundSocket();
    port.associate(fd, fd);
    const overlapped = new Overlapped();
    expect(connectEx(fd, { host: '127.0.0.1', port: number }, overlapped)).toBe(WOULD_BLOCK);
    expect(finish(port, overlapped)).toMatchObject({ key: fd, bytes: 0 });
    expect(socket.getpeername(fd)).toEqual({ address: '127.0.0.1', port: number, family: 'IPv4' });
    socket.shutdown(fd, socket.SHUT_WR);
    expect(recvAll(own(socket.accept(listener))).toString()).toBe('');
  });

  test('the first bytes go with it', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    const fd = boundSocket();
    port.associate(fd, fd);
    const overlapped = new Overlapped();
    connectEx(fd, new socket.SocketAddress({ host: '127.0.0.1', port: number }), overlapped, text('hello'));
    expect(finish(port, overlapped).bytes).toBe(5);
    expect(recvAll(own(socket.accept(listener)), 5).toString()).toBe('hello');
  });

  test('nobody listens: ECONNREFUSED with the packet', () => {
    const port = newPort();
    const fd = boundSocket();
    port.associate(fd, fd);
    connectEx(fd, { host: '127.0.0.1', port: refusingPort() }, new Overlapped());
    expect(takePacket(port).error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'ConnectEx', fd });
  });

  test('a socket that was not bound is EINVAL', () => {
    const port = newPort();
    const { port: number } = listen();
    const fd = newTcpSocket();
    port.associate(fd, fd);
    const call = () => connectEx(fd, { host: '127.0.0.1', port: number }, new Overlapped());
    expectSystemError(call, 'EINVAL', { syscall: 'ConnectEx', fd });
  });
});

describe('disconnectEx', () => {
  test('the peer reads the end of the stream', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    sendAll(a, text('last words'));
    const overlapped = new Overlapped();
    disconnectEx(a, 0, overlapped);
    expect(recvAll(b).toString()).toBe('last words');
    socket.close(b);
    expect(finish(port, overlapped).bytes).toBe(0);
  });

  const noReuse = 'its DisconnectEx() only shuts the socket down';
  testWith({ notUnderWine: noReuse }, 'with TF_REUSE_SOCKET the socket takes the next connection', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    port.associate(listener, 1);
    const overlapped = new Overlapped();
    const accepted = newTcpSocket();
    for (let round = 0; round < 3; round++) {
      acceptEx(listener, accepted, overlapped);
      const client = own(socket.connectTcp({ host: '127.0.0.1', port: number }));
      finish(port, overlapped);
      if (round === 0) port.associate(accepted, 2);
      sendAll(accepted, text(`round ${round}`));
      disconnectEx(accepted, iocp.TF_REUSE_SOCKET, overlapped);
      expect(recvAll(client).toString()).toBe(`round ${round}`);
      socket.close(client);
      finish(port, overlapped);
    }
  });

  test('a socket that is not connected is ENOTCONN', () => {
    const port = newPort();
    const fd = boundSocket();
    port.associate(fd, fd);
    expectSystemError(() => disconnectEx(fd, 0, new Overlapped()), 'ENOTCONN', { syscall: 'DisconnectEx', fd });
  });
});

describe('wsaRecvFrom and wsaSendTo', () => {
  test('a datagram, and who sent it', () => {
    const port = newPort();
    const [a, b] = [newUdp(), newUdp()];
    port.associate(a, a);
    port.associate(b, b);
    const [receive, send, buffer] = [new Overlapped(), new Overlapped(), new Uint8Array(16)];
    expect(wsaRecvFrom(a, [buffer.subarray(0, 2), buffer.subarray(2)], receive)).toBe(WOULD_BLOCK);
    expectInvalidState(() => receive.sender(new socket.SocketAddress()));
    wsaSendTo(b, [text('he'), text('llo')], socketAddress(a), send);
    const packets = takePackets(port, 2);
    expect(packets.map(({ bytes, error }) => [bytes, error])).toEqual([
      [5, null],
      [5, null],
    ]);
    expect(Buffer.from(buffer).toString('latin1', 0, 5)).toBe('hello');
    const sender = new socket.SocketAddress();
    receive.sender(sender);
    expect({ address: sender.address, port: sender.port }).toEqual({ address: '127.0.0.1', port: portOf(b) });
    expectInvalidState(() => send.sender(sender));
  });

  test('a datagram without bytes is one', () => {
    const port = newPort();
    const [a, b] = [newUdp(), newUdp()];
    port.associate(a, a);
    const overlapped = new Overlapped();
    wsaRecvFrom(a, new Uint8Array(4), overlapped);
    socket.sendto(b, new Uint8Array(0), 0, 0, 0, socketAddress(a));
    expect(finish(port, overlapped).bytes).toBe(0);
  });

  test.each([
    ['before the receive', true],
    ['after it', false],
  ])('one that does not fit, sent %s, is EMSGSIZE beside what did fit, and the next is whole', (_, first) => {
    const port = newPort();
    const [a, b] = [newUdp(), newUdp()];
    port.associate(a, a);
    const [overlapped, buffer] = [new Overlapped(), new Uint8Array(3)];
    const send = (): number => socket.sendto(b, text('hello'), undefined, undefined, 0, socketAddress(a));
    if (first) send();
    expect(wsaRecvFrom(a, buffer, overlapped)).toBe(WOULD_BLOCK);
    if (!first) send();
    const packet = takePacket(port);
    expect(packet).toMatchObject({ bytes: 3, status: STATUS_BUFFER_OVERFLOW, overlapped });
    expect(packet.error).toMatchObject({ code: 'EMSGSIZE', syscall: 'WSARecvFrom' });
    expect(Buffer.from(buffer).toString()).toBe('hel');
    const whole = new Uint8Array(8);
    wsaRecvFrom(a, whole, overlapped);
    send();
    expect(finish(port, overlapped).bytes).toBe(5);
    expectNoPacket(port);
  });

  test('an address of another family is refused', () => {
    const port = newPort();
    const fd = newUdp();
    port.associate(fd, fd);
    const call = () => wsaSendTo(fd, text('x'), { host: '::1', port: 9 }, new Overlapped());
    expect(caught(call)).toMatchObject({ name: 'SystemError', syscall: 'WSASendTo', fd });
    expect(port.pending).toBe(0);
  });
});

function portOfPeer(fd: number): number {
  const name = socket.getpeername(fd);
  if (!('port' in name)) throw new Error('not an IP socket');
  return name.port;
}

function socketAddress(fd: number): { host: string; port: number } {
  return { host: '127.0.0.1', port: portOf(fd) };
}
