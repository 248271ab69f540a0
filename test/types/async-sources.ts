// Compiled, never run: timers, signals, wake-ups and datagrams by await, each with its documented type, and uses that
// must be refused.
import { Reactor, Waker } from 'fdreactor';
import {
  type Datagram,
  type DatagramSocket,
  datagrams,
  type EventIterator,
  interval,
  signals,
  sleep,
  type WaitOptions,
  type Wakes,
  wakes,
} from 'fdreactor/async';

export async function theTimers(reactor: Reactor, signal: AbortSignal): Promise<void> {
  const slept: undefined = await sleep(reactor, 1.5);
  const value: string = await sleep(reactor, 1, { value: 'text', signal });
  for await (const ticks of interval(reactor, 1000, { signal })) {
    const count: number = ticks + value.length + Number(slept);
    if (count > 3) break;
  }
  // @ts-expect-error a delay is a number
  await sleep(reactor, '1');
  // @ts-expect-error a period is needed
  interval(reactor);
}

export async function theSignals(reactor: Reactor, signal: AbortSignal): Promise<void> {
  const names: EventIterator<NodeJS.Signals> = signals(reactor, 'SIGTERM', 'SIGHUP');
  for await (const name of signals(reactor, 'SIGINT', { signal })) {
    const text: NodeJS.Signals = name;
    if (text === 'SIGINT') return names.close();
  }
  // @ts-expect-error no such signal
  signals(reactor, 'SIGNAL');
  // @ts-expect-error the options are last
  signals(reactor, { signal }, 'SIGINT');
}

export async function theWakes(options: WaitOptions): Promise<void> {
  const reactor = new Reactor();
  await using told: Wakes = wakes(reactor, options);
  Waker.from(told.transfer()).wake();
  const isThere: boolean = told.wake();
  for await (const _ of told) if (isThere) break;
  const closed: boolean = told.closed;
  const step: IteratorResult<undefined, undefined> = await told.next();
  if (closed || step.done === true) await told.return();
}

export async function theDatagrams(reactor: Reactor, fd: number, signal: AbortSignal): Promise<void> {
  await using udp: DatagramSocket = datagrams(reactor, fd, { maxBytes: 1500, maxUnread: 0, maxQueued: 0, signal });
  for await (const { bytes, from, truncated } of udp) {
    if (truncated || bytes.readUInt8(0) === 0) continue;
    const waits: void | Promise<void> = udp.send(bytes, from, { signal });
    await waits;
  }
  await udp.send(new Uint8Array(1), { host: '127.0.0.1', port: 53 });
  await udp.send(new Uint8Array(1), { path: '/run/log' });
  const received: Datagram | Promise<Datagram> = udp.receive({ signal });
  const { from }: Datagram = await received;
  const counts: number = udp.unread + udp.queued + udp.fd + from.port;
  // @ts-expect-error read only
  udp.fd = counts;
  // @ts-expect-error bytes are needed, not text
  udp.send('text');
}
