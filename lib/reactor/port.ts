// The completion port of a reactor, for overlapped operations beside its readiness events; exported as a part of
// fdreactor/iocp.
import { checkFunction } from '../base/arguments.js';
import { invalidState, type SystemError, UnsupportedError } from '../base/errors.js';
import { type CompletionPort, foreignPort, packetAt } from '../queue/iocp/completion-port.js';
import type { Overlapped } from '../queue/iocp/overlapped.js';
import { IocpBackend } from './backends/iocp.js';
import { backendOf, type Reactor } from './reactor.js';

/**
 * What is called with each packet in a turn of the reactor.
 *
 * @param overlapped whose packet it is, idle now; null for one that was posted without
 * @param key what associate() or post() gave; of an afdPoll() the socket
 * @param bytes how many bytes were moved; what post() gave; of an afdPoll() its AFD_POLL_ bits
 * @param error what went wrong; null where it worked
 */
export type CompletionHandler = (
  overlapped: Overlapped | null,
  key: number,
  bytes: number,
  error: SystemError | null,
) => void;

/**
 * The port that a reactor waits for, so that overlapped operations and readiness come out of one wait. Handles are
 * associated with it and operations begun as with any other; their packets are given to `handler` by the reactor's
 * turns, and wait() is refused. It keeps run() and an attached process going as long as operations are pending. It
 * ends with the reactor.
 *
 * @throws UnsupportedError for a reactor whose backend is not 'iocp'; ERR_INVALID_STATE where it was asked for before,
 * and once the reactor is closed
 */
export function portOf(reactor: Reactor, handler: CompletionHandler): CompletionPort {
  const backend = backendOf(reactor);
  checkFunction(handler, 'handler');
  if (!(backend instanceof IocpBackend)) throw new UnsupportedError('an I/O completion port');
  if (reactor.closed) throw invalidState('the reactor is closed');
  const wasSet = backend.completions.setSink((words, firstWord) => {
    const { overlapped, key, bytes, error } = packetAt(words, firstWord);
    handler(overlapped, key, bytes, error);
    return 1;
  });
  if (!wasSet) throw invalidState('the port of this reactor has a handler already');
  return foreignPort(backend.fd);
}
