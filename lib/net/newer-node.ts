// What node:net got after Node 20, and is not there, or means something else, in a Node that is older.
import type { BlockList } from 'node:net';
import { invalidArgType } from './errors.js';
import type { SocketHandle } from './handle.js';
import { net } from './modules.js';
import { secondsOf } from './validate.js';

/** Before Node 21 a server with maxConnections of 0 took any number. */
export const NONE_IS_ANY = Number.parseInt(process.versions.node, 10) < 21;

/** Node 24 takes an object, and the time and the number of the probes; before, any object was a yes. */
const TAKES_PROBES = net.Socket.prototype.setKeepAlive.length > 2;

/** What setKeepAlive() is asked for. */
export interface KeepAlive {
  readonly isOn: boolean;
  /** Until the first probe; 0: as the system has it, and so of the others. */
  readonly seconds: number;
  /** Between two probes. */
  readonly interval?: number | undefined;
  /** How many are lost before the connection fails. */
  readonly count?: unknown;
}

export const NO_KEEP_ALIVE: KeepAlive = { isOn: false, seconds: 0 };

export function keepAliveOf(args: readonly unknown[]): KeepAlive {
  const [first, delayMs, intervalMs, count] = args;
  if (!TAKES_PROBES) return { isOn: Boolean(first), seconds: secondsOf(delayMs) };
  if (typeof first !== 'object' || first === null) return withProbes(first, delayMs, intervalMs, count);
  const options = first as Record<string, unknown>;
  return withProbes(options.enable, options.initialDelay, options.interval, options.count);
}

function withProbes(enable: unknown, delayMs: unknown, intervalMs: unknown, count: unknown): KeepAlive {
  const seconds = secondsOf(delayMs);
  const interval = intervalMs === undefined ? undefined : secondsOf(intervalMs);
  return { isOn: Boolean(enable), seconds, interval, count };
}

/** As node:net tells its handle: Node's own tests look at the arguments. */
export function tellKeepAlive(handle: SocketHandle, { isOn, seconds, interval, count }: KeepAlive): void {
  handle.setKeepAlive(isOn, seconds, interval, count);
}

/** Whether the system has to be told. */
export function differs(before: KeepAlive, after: KeepAlive): boolean {
  if (before.isOn !== after.isOn) return true;
  if (!after.isOn) return false;
  return before.seconds !== after.seconds || before.interval !== after.interval || before.count !== after.count;
}

/** Node 22 has block lists: addresses that are not connected to, and from which no connection is taken. */
const { isBlockList } = net.BlockList as unknown as { isBlockList?: (value: unknown) => value is BlockList };

/** @throws TypeError ERR_INVALID_ARG_TYPE for another object */
export function blockListOf(option: unknown): BlockList | undefined {
  if (isBlockList === undefined || !option) return undefined;
  if (!isBlockList(option)) throw invalidArgType('options.blockList', ['net.BlockList'], option);
  return option;
}

/** Whether the list has the address; a Unix socket has none. */
export function isBlocked(list: BlockList | undefined, address: string | undefined): boolean {
  if (!list || address === undefined) return false;
  const family = net.isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
