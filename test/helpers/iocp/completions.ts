// Overlapped calls in tests: handles that are associated and closed after the test, and the packet of one operation.
import type { SystemError } from 'fdreactor';
import {
  acceptEx,
  type CompletionPort,
  closeHandle,
  type OpenFileOptions,
  type Overlapped,
  openFile,
} from 'fdreactor/iocp';
import * as socket from 'fdreactor/socket';
import { expect } from 'vitest';
import { dispose, own } from '../owned.js';
import { tcpPair } from '../pairs.js';
import { type Packet, takePacket } from './packets.js';

/** Waits for the packet of this operation and no other; it must have worked. */
export function finish(port: CompletionPort, overlapped: Overlapped): Packet {
  const packet = takePacket(port);
  if (packet.error !== null) throw packet.error;
  expect(packet.overlapped).toBe(overlapped);
  expect(overlapped.pending).toBe(false);
  return packet;
}

/** Two connected sockets; the first is associated with `port`, under its own number as the key. */
export function associatedPair(port: CompletionPort, options = {}): [associated: number, peer: number] {
  const [a, b] = tcpPair();
  port.associate(a, a, options);
  return [a, b];
}

export const newTcpSocket = (): number => own(socket.socket(socket.constants.AF_INET, socket.constants.SOCK_STREAM));

/** A handle that is closed after the test, unless the test has closed it. */
export function openHandle(path: string, options?: OpenFileOptions): number {
  const handle = openFile(path, options);
  dispose({
    close() {
      try {
        closeHandle(handle);
      } catch (error) {
        if ((error as SystemError).code !== 'EBADF') throw error;
      }
    },
  });
  return handle;
}

/** acceptEx() with a socket of its own. */
export function beginAccept(listener: number, overlapped: Overlapped): { accepted: number; result: number } {
  const accepted = newTcpSocket();
  return { accepted, result: acceptEx(listener, accepted, overlapped) };
}
