// connect() by await. A name may have several addresses: they are tried as RFC 8305 ("Happy Eyeballs") says, one family
// after the other, each when the one before has failed or has not come for a while. The first that comes is taken.
import { checkSignal, onAbort } from '../base/abort.js';
import { checkDelay, checkFunction, checkInteger, checkObject, checkString } from '../base/arguments.js';
import { aborted, outOfRange, withErrorCode } from '../base/errors.js';
import { type ConnectPathOptions, connect as connectStream } from '../connection/connect.js';
import { require } from '../native/builtins.js';
import { type Reactor, whenClosed } from '../reactor/reactor.js';
import type { ConnectTcpOptions } from '../socket/open.js';
import { type AsyncConnectionOptions, AsyncKind } from './async-kind.js';
import { checkNotRunning } from './check-not-running.js';
import { AsyncConnection } from './connection.js';
import { Deferred } from './deferred.js';
import { reactorClosed } from './errors.js';
import type { WaitOptions } from './reader.js';

/** An address of a name. */
export interface LookedUp {
  /** A numeric IPv4 or IPv6 address. */
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Where `connect()` connects to by TCP. */
export interface AsyncConnectTcpOptions extends Omit<ConnectTcpOptions, 'host'> {
  /** A name, or a numeric address. */
  host: string;
  /** How long an attempt may take before the next address is tried beside it, in milliseconds; 250 by default. */
  attemptDelayMs?: number;
  /** Resolves a name, in the order to try; `lookup()` of `node:dns/promises` by default. */
  lookup?: (host: string, options: { all: true }) => PromiseLike<readonly LookedUp[]>;
}

/** Where to connect to, how long to wait, and options of the connection. */
export type AsyncConnectOptions = (AsyncConnectTcpOptions | ConnectPathOptions) &
  AsyncConnectionOptions &
  WaitOptions & {
    /** All attempts together fail with ETIMEDOUT after so many milliseconds; no limit by default. */
    timeoutMs?: number;
  };

const ATTEMPT_DELAY_MS = 250;

type Target = ConnectTcpOptions | ConnectPathOptions;

/** The attempts to make one connection. */
class Race {
  readonly result = new Deferred<AsyncConnection>();
  readonly #reactor: Reactor;
  readonly #options: AsyncConnectionOptions;
  readonly #attemptDelayMs: number;
  readonly #cleanUps: (() => void)[] = [];
  readonly #attempts = new Set<AsyncConnection>();
  readonly #errors: Error[] = [];
  #targets: Target[] = [];
  #nextAttempt: { cancel(): void } | null = null;
  #isOver = false;

  constructor(reactor: Reactor, options: AsyncConnectOptions) {
    const { signal, timeoutMs } = options;
    this.#reactor = reactor;
    this.#options = options;
    this.#attemptDelayMs = ('attemptDelayMs' in options ? options.attemptDelayMs : undefined) ?? ATTEMPT_DELAY_MS;
    this.#cleanUps.push(whenClosed(reactor, () => this.fail(reactorClosed())));
    if (timeoutMs !== undefined) {
      const timer = reactor.setTimer(timeoutMs, () => this.fail(notInTime(timeoutMs)));
      this.#cleanUps.push(() => timer.cancel());
    }
    if (signal !== undefined) this.#cleanUps.push(onAbort(signal, () => this.fail(aborted(signal.reason))));
  }

  start(targets: Target[]): void {
    if (this.#isOver) return;
    this.#targets = targets;
    this.#tryNext();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.result.reject(error);
  }

  /** Begins the next attempt; an address that fails at once is passed over. */
  #tryNext(): void {
    this.#nextAttempt?.cancel();
    this.#nextAttempt = null;
    for (let target = this.#targets.shift(); target !== undefined; target = this.#targets.shift()) {
      if (this.#try(target)) break;
    }
    if (this.#attempts.size === 0) this.fail(inOne(this.#errors));
    else if (this.#targets.length > 0)
      this.#nextAttempt = this.#reactor.setTimer(this.#attemptDelayMs, () => this.#tryNext());
  }

  #try(target: Target): boolean {
    try {
      const kind = new AsyncKind(this.#reactor, this.#options);
      const connection = new AsyncConnection(
        connectStream<AsyncConnection>(this.#reactor, { ...this.#options, ...target }, kind),
      );
      this.#attempts.add(connection);
      connection.whenOpen().then(
        () => this.#win(connection),
        (error: Error) => this.#lose(connection, error),
      );
      return true;
    } catch (error) {
      this.#errors.push(error as Error);
      return false;
    }
  }

  #win(connection: AsyncConnection): void {
    if (this.#isOver) return;
    this.#attempts.delete(connection);
    this.#end();
    this.result.resolve(connection);
  }

  #lose(connection: AsyncConnection, error: Error): void {
    this.#attempts.delete(connection);
    if (this.#isOver) return;
    this.#errors.push(error);
    this.#tryNext();
  }

  #end(): void {
    this.#isOver = true;
    this.#nextAttempt?.cancel();
    for (const cleanUp of this.#cleanUps) cleanUp();
    for (const attempt of this.#attempts) attempt.close();
  }
}

/**
 * Connects by TCP, or to a Unix socket. The addresses of a name are tried one family after the other; see
 * `attemptDelayMs`.
 *
 * @param reactor whose turns serve the connection and the attempts
 * @param options `noDelay` of TCP is true by default
 * @returns the connection, which is there. Rejects with the SystemError of the address that failed, or an
 * AggregateError with those of several, the `code` of the first of them; the error of the lookup (ENOTFOUND);
 * ETIMEDOUT; an AbortError; ERR_INVALID_STATE when the reactor is closed
 * @throws TypeError or RangeError for a wrong argument; UnsupportedError for a backend without streams;
 * ERR_INVALID_STATE if the reactor is closed, and inside `run()`
 */
export function connect(reactor: Reactor, options: AsyncConnectOptions): Promise<AsyncConnection> {
  checkOptions(options);
  checkNotRunning(reactor);
  new AsyncKind(reactor, options); // which checks its options
  const race = new Race(reactor, options);
  if ('path' in options) race.start([options]);
  else
    addressesOf(options).then(
      (found) => race.start(found),
      (error: unknown) => race.fail(error),
    );
  return race.result.promise;
}

function checkOptions(options: AsyncConnectOptions): void {
  checkObject(options, 'options');
  const { signal, timeoutMs } = options;
  checkSignal(signal);
  if (timeoutMs !== undefined) checkDelay(timeoutMs, 'options.timeoutMs');
  if (!('path' in options)) {
    const { host, port, attemptDelayMs, lookup } = options;
    checkString(host, 'options.host');
    if (host === '') throw outOfRange('options.host', 'a name or an address', host);
    checkInteger(port, 'options.port', 0, 65_535);
    if (attemptDelayMs !== undefined) checkDelay(attemptDelayMs, 'options.attemptDelayMs');
    if (lookup !== undefined) checkFunction(lookup, 'options.lookup');
  }
  if (signal?.aborted === true) throw aborted(signal.reason);
}

async function addressesOf(options: AsyncConnectTcpOptions): Promise<ConnectTcpOptions[]> {
  const { host } = options;
  const lookup = options.lookup ?? lookupAll;
  const found = [...(await lookup(host, { all: true }))];
  if (found.length === 0) throw withErrorCode(new Error(`${host} has no address`), 'ENOTFOUND');
  return inTurns(found).map(({ address }) => ({ ...options, host: address }));
}

/** The module is loaded here, since most programs have no use for it. */
function lookupAll(host: string): Promise<LookedUp[]> {
  const { promises } = require('node:dns') as typeof import('node:dns');
  return promises.lookup(host, { all: true });
}

/** One family after the other, beginning with that of the first. */
function inTurns(found: readonly LookedUp[]): LookedUp[] {
  const first = found.filter(({ family }) => family === found[0]?.family);
  const others = found.filter(({ family }) => family !== found[0]?.family);
  const mixed: LookedUp[] = [];
  for (let i = 0; i < Math.max(first.length, others.length); i++)
    mixed.push(...first.slice(i, i + 1), ...others.slice(i, i + 1));
  return mixed;
}

function inOne(errors: readonly Error[]): Error {
  const [first] = errors;
  if (errors.length === 1) return first as Error;
  const message = errors.map((error) => error.message).join('; ');
  return withErrorCode(new AggregateError(errors, message), String((first as NodeJS.ErrnoException).code));
}

function notInTime(timeoutMs: number): Error {
  return withErrorCode(new Error(`not connected within ${timeoutMs} ms`), 'ETIMEDOUT');
}
