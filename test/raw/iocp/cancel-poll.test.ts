// Ending an operation before its time, and the readiness of a socket as an operation.
import * as iocp from 'fdreactor/iocp';
import { afdPoll, cancelIoEx, Overlapped, STATUS_CANCELLED, WOULD_BLOCK, wsaRecv } from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { associatedPair, finish } from '../../helpers/iocp/completions.js';
import { expectNoPacket, newPort, takePacket, takePackets } from '../../helpers/iocp/packets.js';
import { testWith } from '../../helpers/needs.js';
import { own } from '../../helpers/owned.js';
import { listen, recvAll, sendAll, tcpPair } from '../../helpers/pairs.js';
import { expectInvalidState, expectSystemError } from '../../helpers/throws.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('cancelIoEx', () => {
  test('one operation of several', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const [first, second, buffer] = [new Overlapped(), new Overlapped(), new Uint8Array(4)];
    wsaRecv(a, new Uint8Array(4), first);
    wsaRecv(a, buffer, second);
    expect(cancelIoEx(a, first)).toBe(true);
    const packet = takePacket(port);
    expect(packet).toMatchObject({ overlapped: first, bytes: 0, status: STATUS_CANCELLED });
    expect(packet.error).toMatchObject({ code: 'ECANCELED', syscall: 'WSARecv', fd: a });
    sendAll(b, text('x'));
    expect(finish(port, second).bytes).toBe(1);
    expect(buffer[0]).toBe(0x78);
  });

  test('all of a handle', () => {
    const port = newPort();
    const [a] = associatedPair(port);
    const operations = [new Overlapped(), new Overlapped(), new Overlapped()];
    for (const operation of operations) wsaRecv(a, new Uint8Array(4), operation);
    expect(cancelIoEx(a)).toBe(true);
    const packets = takePackets(port, 3);
    expect(new Set(packets.map(({ overlapped }) => overlapped))).toEqual(new Set(operations));
    for (const { error } of packets) expect(error).toMatchObject({ code: 'ECANCELED' });
  });

  test('what is done, idle or posted cannot be cancelled: false, and its packet comes (133: the race)', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    expect(cancelIoEx(a, overlapped)).toBe(false);
    port.post(1, 0, overlapped);
    expect(cancelIoEx(a, overlapped)).toBe(false);
    finish(port, overlapped);
    sendAll(b, text('x'));
    wsaRecv(a, new Uint8Array(1), overlapped);
    expect(cancelIoEx(a, overlapped)).toBe(false);
    expect(finish(port, overlapped).bytes).toBe(1);
  });

  testWith(
    { notUnderWine: 'it says that it has cancelled something' },
    'nothing is under way on the handle: false',
    () => {
      const [a] = associatedPair(newPort());
      expect(cancelIoEx(a)).toBe(false);
    },
  );

  test('each of many that are cancelled while their bytes come has exactly one packet', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    let received = 0;
    for (let round = 0; round < 200; round++) {
      const [overlapped, buffer] = [new Overlapped(), new Uint8Array(1)];
      wsaRecv(a, buffer, overlapped);
      if (round % 3 === 0) cancelIoEx(a, overlapped);
      sendAll(b, text('x'));
      if (round % 3 === 1) cancelIoEx(a, overlapped);
      const packet = takePacket(port);
      expect(packet.overlapped).toBe(overlapped);
      if (packet.error === null) received += packet.bytes;
      else expect(packet.error.code).toBe('ECANCELED');
    }
    expectNoPacket(port);
    socket.close(b);
    expect(received + recvAll(a).length).toBe(200);
  });

  test('a number that is not a handle is EBADF', () => {
    expectSystemError(() => cancelIoEx(2 ** 31 - 4), 'EBADF', { syscall: 'CancelIoEx', fd: 2 ** 31 - 4 });
  });
});

describe('afdPoll', () => {
  test('readiness of a socket that is on the port', () => {
    const port = newPort();
    const [a, b] = associatedPair(port);
    const overlapped = new Overlapped();
    expect(afdPoll(a, iocp.AFD_POLL_RECEIVE, overlapped)).toBe(WOULD_BLOCK);
    expectNoPacket(port);
    sendAll(b, text('x'));
    expect(finish(port, overlapped)).toMatchObject({ key: a, bytes: iocp.AFD_POLL_RECEIVE });
    afdPoll(a, iocp.AFD_POLL_RECEIVE | iocp.AFD_POLL_SEND, overlapped);
    expect(finish(port, overlapped).bytes).toBe(iocp.AFD_POLL_RECEIVE | iocp.AFD_POLL_SEND);
  });

  test('a socket that is on none, with the port given', () => {
    const port = newPort();
    const [a, b] = tcpPair();
    const overlapped = new Overlapped();
    expectInvalidState(() => afdPoll(a, iocp.AFD_POLL_SEND, overlapped));
    afdPoll(a, iocp.AFD_POLL_DISCONNECT, overlapped, port);
    socket.shutdown(b, socket.SHUT_WR);
    expect(finish(port, overlapped)).toMatchObject({ key: a, bytes: iocp.AFD_POLL_DISCONNECT });
  });

  test('connections that wait, and a peer that resets', () => {
    const port = newPort();
    const { listener, port: number } = listen();
    const overlapped = new Overlapped();
    afdPoll(listener, iocp.AFD_POLL_ACCEPT, overlapped, port);
    const client = own(socket.connectTcp({ host: '127.0.0.1', port: number }));
    expect(finish(port, overlapped)).toMatchObject({ key: listener, bytes: iocp.AFD_POLL_ACCEPT });
    const server = own(socket.accept(listener));
    afdPoll(server, iocp.AFD_POLL_ABORT, overlapped, port);
    socket.setsockopt(client, socket.constants.SOL_SOCKET, socket.constants.SO_LINGER, new Uint8Array([1, 0, 0, 0]));
    socket.close(client);
    expect(finish(port, overlapped).bytes).toBe(iocp.AFD_POLL_ABORT);
  });

  test('it can be cancelled', () => {
    const port = newPort();
    const [a] = tcpPair();
    const overlapped = new Overlapped();
    afdPoll(a, iocp.AFD_POLL_RECEIVE, overlapped, port);
    expect(cancelIoEx(a, overlapped)).toBe(true);
    expect(takePacket(port).error).toMatchObject({ code: 'ECANCELED' });
  });

  test('what is not a socket is ENOTSOCK', () => {
    const port = newPort();
    expectSystemError(() => afdPoll(2 ** 31 - 4, 1, new Overlapped(), port), 'ENOTSOCK', { fd: 2 ** 31 - 4 });
  });
});
