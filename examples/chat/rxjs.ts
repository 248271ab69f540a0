// The chat by RxJS, over fdreactor/async: what a member says is an Observable of lines, what it hears a Subject. An
// Observable has no back-pressure: it pushes. So the wait is where the values come from: linesOf() takes the next chunk
// when the member has heard what waits for it. An operator with a buffer (concatMap() of slow work) has no bound.
//
// What is bounded: a line by the framer; what waits for a member by `maxQueued`, above which the connection ends; and
// what a member says, by linesOf().
import { Reactor } from 'fdreactor';
import { type AsyncConnection, listen, serve, signals } from 'fdreactor/async';
import { configureConnections, DelimiterFramer } from 'fdreactor/connection';
import {
  catchError,
  defer,
  EMPTY,
  finalize,
  firstValueFrom,
  from,
  ignoreElements,
  lastValueFrom,
  merge,
  type Observable,
  Subject,
  takeWhile,
  tap,
  throwError,
  timeout,
} from 'rxjs';
import { announce, goOn } from '../announce.js';
import {
  Chat,
  type ChatOptions,
  GRACE_MS,
  HIGH_WATER,
  IDLE,
  isOfPeer,
  MAX_LINE_BYTES,
  MAX_QUEUED,
  MAX_READ_BYTES,
  Member,
  reasonOf,
} from './rooms.js';

/** The lines of a connection. It is left open: serve() ends it. */
async function* linesOf(connection: AsyncConnection): AsyncGenerator<Buffer[]> {
  const framer = new DelimiterFramer({ maxBytes: MAX_LINE_BYTES });
  for await (const chunk of connection.chunks({ keepOpen: true })) {
    const lines: Buffer[] = [];
    framer.push(chunk, (line) => lines.push(Buffer.from(line)));
    yield lines;
    if (connection.queued > HIGH_WATER) await connection.flush();
  }
}

/** A member, from its first line to its end. */
function conversation(chat: Chat, connection: AsyncConnection, idleTimeoutMs: number): Observable<never> {
  const heard = new Subject<Uint8Array>();
  const member = new Member({
    get ending() {
      return connection.ending || connection.closed;
    },
    write: (bytes) => heard.next(bytes),
    end: (text) => connection.end(text),
  });
  let reason = 'gone';
  const hears = heard.pipe(tap((bytes) => write(connection, bytes)));
  const says = from(linesOf(connection)).pipe(
    timeout({ each: idleTimeoutMs, with: () => throwError(() => ({ code: 'ETIMEDOUT' })) }),
    tap((lines) => {
      for (const line of lines) chat.take(member, line);
    }),
    takeWhile(() => !connection.ending),
    catchError((error) => {
      reason = reasonOf(error);
      if (reason !== IDLE) throw error;
      chat.quit(member, reason);
      return EMPTY;
    }),
    finalize(() => {
      chat.gone(member, reason);
      heard.complete();
    }),
  );
  const greeting = defer(() => {
    chat.welcome(member);
    return EMPTY;
  });
  return merge(hears, says, greeting).pipe(ignoreElements());
}

/** An error ends the connection, and linesOf() tells of it. */
function write(connection: AsyncConnection, bytes: Uint8Array): void {
  try {
    connection.write(bytes)?.catch(() => {});
  } catch {
    // linesOf() is told
  }
}

export async function run({ host, port, idleTimeoutMs }: ChatOptions): Promise<void> {
  const reactor = new Reactor({ onError: goOn });
  configureConnections(reactor, { maxReceiveBytes: MAX_READ_BYTES });
  reactor.attach();
  const limits = { highWaterMark: HIGH_WATER, maxQueued: MAX_QUEUED, maxUnread: MAX_READ_BYTES };
  const server = listen(reactor, { host, port, ...limits });
  const chat = new Chat();
  const talk = (connection: AsyncConnection): Promise<void> =>
    lastValueFrom(conversation(chat, connection, idleTimeoutMs), { defaultValue: undefined });
  const served = serve(server, talk, {
    lingerMs: idleTimeoutMs,
    onError(error) {
      if (!isOfPeer(error)) throw error; // a bug
    },
  });
  announce(server);
  await firstValueFrom(from(signals(reactor, 'SIGINT', 'SIGTERM')));
  for (const connection of server.connections()) if (!connection.ending) connection.end('* The server stops.\n');
  await server.close({ graceMs: GRACE_MS });
  await served;
  reactor.close();
}
