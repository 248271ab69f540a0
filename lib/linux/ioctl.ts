// ioctl(2) by name. Exported as a part of fdreactor/linux.
import { checkFd, checkInteger, checkString, fail } from '../base/arguments.js';
import { invalidValue, UnsupportedError } from '../base/errors.js';
import type { IoctlCalls, IoctlEntry } from '../native/ioctl-calls.js';
import { native } from '../native/table.js';
import { decode, encode, takesArgument } from './ioctl-layout.js';
import type { IoctlArguments, IoctlRequests } from './ioctl-requests.js';

interface Request extends IoctlEntry {
  readonly place: number;
}

let requestsByName: ReadonlyMap<string, Request> | undefined;

function findRequest(calls: IoctlCalls, name: unknown): Request {
  checkString(name, 'request');
  requestsByName ??= new Map(calls.requests().map((entry, place) => [entry.name, { ...entry, place }]));
  const request = requestsByName.get(name);
  if (request === undefined) throw invalidValue('request', 'a name of IoctlRequests', name);
  return request;
}

/**
 * Controls a device, a terminal, a socket or another file, by the name of a request (ioctl(2)). Only requests whose
 * argument holds no address have a name here: {@link IoctlRequests}. A number is refused, because the kernel would
 * write wherever a structure with an address in it points to.
 *
 * No request here waits for a device. One that changes a terminal from a background process stops that process
 * (SIGTTOU), as in any program.
 *
 * @param fd the file; a file of another kind than the request is for is ENOTTY
 * @param request the kernel's name of it, such as 'TIOCGWINSZ'
 * @param argument what the request takes: a number, or an object of which only own properties are read. 64-bit fields
 * take a bigint or a safe integer. Left out where the request only answers
 * @returns the kernel's answer: a number, or a new object; 0 where the request only sets something
 * @throws TypeError ERR_INVALID_ARG_VALUE for a name that is not in the list, or that this processor does not have;
 * TypeError or RangeError that names the field; SystemError with the kernel's error and `request`: ENOTTY, EPERM,
 * ENODEV, EINVAL, EBADF and others; UnsupportedError where there is no Linux
 */
export function ioctl<Name extends keyof IoctlRequests>(
  fd: number,
  request: Name,
  ...argument: IoctlArguments<Name>
): IoctlRequests[Name]['result'];
export function ioctl(fd: number, request: string, argument?: unknown): unknown {
  if (native.ioctl === undefined) throw new UnsupportedError('ioctl');
  const entry = findRequest(native.ioctl, request);
  const { place, layout, makesFd } = entry;
  const memory = layout === undefined ? undefined : new Uint8Array(layout.size);
  const value = prepare(entry, argument, memory);
  const result = native.ioctl.ioctl(fd, place, value, memory);
  if (result < 0) fail(result, 'ioctl', { fd, request }, () => checkFd(fd));
  if (!entry.gets || layout === undefined || memory === undefined) return result;
  try {
    return decode(layout, memory);
  } catch (error) {
    if (makesFd) native.fd.close(result); // a stack overflow: the fd would be lost
    throw error;
  }
}

/** Writes the argument into the memory, or returns it if it is a number that is passed as it is. */
function prepare(entry: Request, argument: unknown, memory: Uint8Array | undefined): number | undefined {
  const { layout, sets, min, max } = entry;
  if (entry.argument === 'number') {
    checkInteger(argument, 'argument', min, max);
    return argument;
  }
  if (layout !== undefined && memory !== undefined && takesArgument(layout, sets)) {
    encode(layout, argument, sets, memory);
  } else if (argument !== undefined) {
    throw invalidValue('argument', `left out: ${entry.name} takes none`, argument);
  }
  return undefined;
}
