// Packets of a completion port, counted: a test says how many are to come, and more are as wrong as fewer.
import type { SystemError } from 'fdreactor';
import { CompletionEntries, CompletionPort, type Overlapped } from 'fdreactor/iocp';
import { dispose } from '../owned.js';
import { patience } from '../patience.js';

export interface Packet {
  key: number;
  bytes: number;
  status: number;
  error: SystemError | null;
  overlapped: Overlapped | null;
}

export function newPort(): CompletionPort {
  return dispose(new CompletionPort());
}

/** What is there now, or comes within the time. */
export function packetsNow(port: CompletionPort, timeoutMs = 0): Packet[] {
  const entries = new CompletionEntries(256);
  const count = port.wait(entries, timeoutMs);
  return Array.from({ length: count }, (_, i) => ({
    key: entries.key(i),
    bytes: entries.bytes(i),
    status: entries.status(i),
    error: entries.error(i),
    overlapped: entries.overlapped(i),
  }));
}

/** Waits until so many have come; more is an error. */
export function takePackets(port: CompletionPort, count: number, withinMs = 5000): Packet[] {
  const end = performance.now() + patience(withinMs);
  const packets: Packet[] = [];
  while (packets.length < count) {
    if (performance.now() > end) throw new Error(`${packets.length} of ${count} packets within ${withinMs} ms`);
    packets.push(...packetsNow(port, 100));
  }
  if (packets.length > count) throw new Error(`${packets.length} packets, not ${count}`);
  return packets;
}

export function takePacket(port: CompletionPort): Packet {
  return takePackets(port, 1)[0] as Packet;
}

/** Nothing more comes. */
export function expectNoPacket(port: CompletionPort, forMs = 30): void {
  const packets = packetsNow(port, forMs);
  if (packets.length > 0) throw new Error(`unexpected: ${JSON.stringify(packets)}`);
}
