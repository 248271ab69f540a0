// What the tests of splice() join: two connections, each with a client outside. What a client writes comes out at the
// other one.
import { createHash } from 'node:crypto';
import type net from 'node:net';
import { type NodeSpliceOptions, type SplicedSockets, splice } from 'fdreactor/node';
import { eventually } from '../../helpers/patience.js';
import { Client, type Outcome, outcome, serveRaw } from '../servers.js';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Two sockets, and who is at the other end of each. */
export interface Ends {
  /** The socket that `left` is connected to. */
  a: net.Socket;
  b: net.Socket;
  left: Client;
  right: Client;
}

/** More than the kernel takes of a peer that does not read. */
export const LARGE = 30_000_000;

/** The clients keep their half open when the other one ends. */
export async function ends(options: net.ServerOpts = {}): Promise<Ends> {
  const accepted: net.Socket[] = [];
  const server = await serveRaw((socket) => accepted.push(socket), options);
  const clients: Client[] = [];
  for (let i = 1; i <= 2; i++) {
    clients.push(new Client(server, { allowHalfOpen: true }));
    await eventually('it is accepted', () => accepted.length === i);
  }
  const [a, b] = accepted as [net.Socket, net.Socket];
  const [left, right] = clients as [Client, Client];
  await eventually('both are connected', () => !left.socket.connecting && !right.socket.connecting);
  return { a, b, left, right };
}

/** A pair that is joined, with what the promise comes to and what the sockets emit. */
export interface Joined extends Ends {
  result: Outcome<SplicedSockets> | null;
  /** Such as 'a end'. */
  events: string[];
}

/** Without 'error': one without a listener would end the process, and must not come. */
const EVENTS = ['end', 'finish', 'close'];

export function join(found: Ends, options: NodeSpliceOptions = {}): Joined {
  const joined: Joined = { ...found, result: null, events: [] };
  for (const name of EVENTS) {
    found.a.on(name, () => joined.events.push(`a ${name}`));
    found.b.on(name, () => joined.events.push(`b ${name}`));
  }
  void outcome(splice(found.a, found.b, options)).then((result) => {
    joined.result = result;
  });
  return joined;
}

export async function joinedEnds(options: NodeSpliceOptions = {}, server: net.ServerOpts = {}): Promise<Joined> {
  return join(await ends(server), options);
}

export async function isOver(joined: Joined): Promise<Outcome<SplicedSockets>> {
  await eventually('it is over', () => joined.result !== null);
  return joined.result as Outcome<SplicedSockets>;
}

/** What it was rejected with. */
export async function errorOf(joined: Joined): Promise<Error & { code?: string }> {
  const result = await isOver(joined);
  if (!('error' in result)) throw new Error(`no error: ${JSON.stringify(result)}`);
  return result.error;
}

/** Both sockets are gone, and emitted 'close' once; nothing is left registered. */
export function isGone({ a, b, events }: Joined): boolean {
  const closes = events.filter((name) => name.endsWith('close'));
  return a.destroyed && b.destroyed && closes.length === 2;
}

/** A tunnel of which one direction is full: the right one does not read. */
export async function stalled(options: NodeSpliceOptions = {}): Promise<Joined> {
  const joined = await joinedEnds(options);
  joined.right.socket.pause();
  joined.left.socket.write(Buffer.alloc(LARGE, 'x'));
  let before = -1;
  await eventually('the kernel takes no more', () => {
    const now = joined.b.bytesWritten;
    const isStalled = now > 100_000 && now === before;
    before = now;
    return isStalled;
  });
  return joined;
}

/** Does something so many times. Returns how long it took at most: others may stop this process for seconds. */
export async function longestOf(times: number, act: () => Promise<void>): Promise<number> {
  let longest = 0;
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await act();
    longest = Math.max(longest, performance.now() - began);
  }
  return longest;
}
