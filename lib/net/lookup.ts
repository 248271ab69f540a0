// The lookup of a name for connect(): one address, or all of them, alternating between the families.
import { invalidAddressFamily, invalidIpAddress } from './errors.js';
import { dns, net } from './modules.js';
import type { SocketImpl } from './socket.js';
import { validateFunction } from './validate.js';

/** What a lookup needs of what connect() was asked for. */
export interface LookupOptions {
  readonly host: string;
  /** As the program gave them, for errors. */
  readonly givenHost: unknown;
  readonly givenPort: unknown;
  readonly family: unknown;
  readonly hints: number | undefined;
  readonly lookup: unknown;
}

/** One address to connect to. */
export interface Destination {
  readonly address: string;
  readonly family: number;
}

type Found = (error: Error | null, addresses: readonly Destination[]) => void;
type Lookup = (host: string, options: object, done: (error: Error | null, ...found: never[]) => void) => void;

const FAMILIES: Readonly<Record<string, number>> = { IPv4: 4, IPv6: 6 };

/** @param several whether all addresses are asked for, where no family is given */
export function lookUp(socket: SocketImpl, target: LookupOptions, several: boolean, found: Found): void {
  if (target.lookup != null) validateFunction(target.lookup, 'options.lookup');
  const family = FAMILIES[target.family as string] ?? target.family;
  const isOneFamily = family === 4 || family === 6;
  const hints = target.hints || (isOneFamily ? 0 : dns().ADDRCONFIG);
  const lookup = (target.lookup ?? dns().lookup) as Lookup;
  if (several && !isOneFamily) lookup(target.host, { family, hints, all: true }, allOf(socket, target, found));
  else lookup(target.host, { family, hints }, oneOf(socket, target, found));
}

function oneOf(socket: SocketImpl, target: LookupOptions, found: Found) {
  return (error: Error | null, address: string, family: number): void => {
    socket.emit('lookup', error, address, family, target.host);
    if (!socket.connecting) return;
    const wrong = error ?? wrongAddress({ address, family }, target);
    found(wrong, wrong === null ? [{ address, family }] : []);
  };
}

function allOf(socket: SocketImpl, target: LookupOptions, found: Found) {
  return (error: Error | null, addresses: readonly Destination[]): void => {
    if (!socket.connecting) return;
    if (error) {
      socket.emit('lookup', error, undefined, undefined, target.host);
      found(error, []);
      return;
    }
    for (const { address, family } of addresses) {
      socket.emit('lookup', error, address, family, target.host);
      if (!socket.connecting) return;
    }
    const usable = inTurns(
      addresses.filter(({ address, family }) => net.isIP(address) && (family === 4 || family === 6)),
    );
    if (usable.length > 0) found(null, usable);
    else found(wrongAddress(addresses[0] as Destination, target), []);
  };
}

/** Each once, of the one family and of the other in turns, that of the first address first. */
function inTurns(addresses: readonly Destination[]): Destination[] {
  const unlike = new Map(addresses.map((one) => [one.address, one]));
  const [first] = addresses;
  const lists = [true, false].map((isFirst) =>
    [...unlike.values()].filter(({ family }) => (family === first?.family) === isFirst),
  ) as [Destination[], Destination[]];
  const length = Math.max(lists[0].length, lists[1].length);
  return Array.from({ length }, (_, i) => [lists[0][i], lists[1][i]])
    .flat()
    .filter((one) => one !== undefined);
}

/** What is wrong with an address that a lookup has told. */
function wrongAddress({ address, family }: Destination, target: LookupOptions): Error | null {
  if (!net.isIP(address)) return invalidIpAddress(address);
  if (family === 4 || family === 6) return null;
  return invalidAddressFamily(family, target.givenHost, target.givenPort);
}
