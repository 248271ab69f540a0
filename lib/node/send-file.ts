// sendFile(): a file into a response or a socket of Node, by sendfile(2). The file is a chunk of the stream like any
// other (file-chunk.ts), so that all that Node does around a body stays Node's.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { checkSignal, errorUnder, onAbort } from '../base/abort.js';
import { checkBoolean, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { aborted } from '../base/errors.js';
import { copyFile } from './copy-file.js';
import { waitsForTurn } from './file-chunk.js';
import { checkFileRange, checkSource, type FileSource, isPath, OpenFile, openCached, openPath } from './open-file.js';
import { agreeOnLength, hasBody, hasBodyForGet } from './response.js';
import { SocketWrites } from './socket-writes.js';
import { checkTarget, checkWritable, type FileTarget, isResponse, refuse, socketOf, whyNot } from './target.js';

/** Options of `sendFile()`. */
export interface NodeSendFileOptions {
  /** Where to begin in the file; 0 by default. */
  start?: number;
  /**
   * The place behind the last byte, as in `slice()`; the file's size by default. (`createReadStream()` has `end` count
   * the last byte itself.)
   */
  end?: number;
  /** Ends it, see `sendFile()`. */
  signal?: AbortSignal;
  /**
   * Closes an fd or a FileHandle when it is over, however it ends, but for wrong arguments; false by default. What was
   * opened by its path is always closed.
   */
  close?: boolean;
  /** More of the body comes from elsewhere: Content-Length is not set to the length of this part. False by default. */
  more?: boolean;
  /** Where sendfile(2) cannot be used, reads the file and writes it; false by default: UnsupportedError. */
  fallback?: boolean;
}

/** What `sendFile()` has sent. */
export interface SentFile {
  /** How many bytes of the file: 0 where the response has no body. */
  readonly bytes: number;
  /** Which way: inside the kernel, or copied through this process (`fallback`). */
  readonly via: 'sendfile' | 'copy';
}

interface Plan {
  readonly target: Writable;
  /** The target, if it is a response. */
  readonly response: ServerResponse | null;
  readonly socket: Socket | undefined;
  readonly start: number;
  readonly end: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly isPart: boolean;
  /** Why it cannot be sent at all. */
  readonly refusal: string | undefined;
  /** Whether it goes the other way, through this process. */
  readonly copies: boolean;
}

/**
 * Fulfilled when the last file has its place in the queue: the next one waits for that. Of a socket, whichever response
 * the file is for; of the target where it is copied, which has its place only when all is written.
 */
const TURN = Symbol('fdreactor.turn');
type Queue = Writable & { [TURN]?: Promise<void> | undefined };

/**
 * Sends a file, or a part of one, into a response of node:http or a socket of node:net, inside the kernel
 * (sendfile(2)), which costs a fraction of a stream of node:fs.
 *
 * To the target it is one `write()` of all the bytes. What was written before goes out first. What is written after it
 * waits, as do `end()`, 'finish' and the next response of a pipeline. `writableLength` counts it until it is sent,
 * 'drain' follows, and `bytesWritten` has what the kernel took. Several may be under way in one target: they are sent
 * in the order of the calls. As with any write, `end()` comes after it: await the promise, or call `end()` in the same
 * turn where `file` is not a path. (A path is opened first, in a thread where the disk is needed for it. It has its
 * place when the caller's turn is over, or later: what that turn writes after the call goes before the file.)
 *
 * In a response:
 *
 * - Content-Length is set to the length where no header was sent, none was set, and `more` is false. If it was set, and
 *   nothing was written before, it must be the length, or no byte is sent: ERR_HTTP_CONTENT_LENGTH_MISMATCH. With
 *   `more`, or after other bytes, it may be more than that. `strictContentLength` counts the file.
 * - a chunked response gets the file as one chunk.
 * - in an answer to HEAD, and with 1xx, 204 and 304, nothing is sent, and `bytes` is 0.
 *
 * The file is a regular one. Its length is taken when the call begins: what it grows by is not sent. If it becomes
 * shorter before all is sent, the connection is destroyed and the error is ERR_FILE_ENDED, since the peer was promised
 * more. A file of /proc has no length, so nothing of it is sent.
 *
 * Progress is activity for `setTimeout()` of the socket and the server. Where many are sent at once each has its turn.
 *
 * Once it is accepted, an error or an abort destroys the connection, which then emits 'error' for those who listen and
 * 'close'. An error before that leaves the target as it was: another answer can be sent. A response that waits in a
 * pipeline fails at once, and nothing of it is sent; those before it go out whole, and then the connection ends.
 *
 * @param target also one that is corked, or waits in a pipeline; a `net.Socket` may still be connecting
 * @param file a path, an fd of node:fs, or a FileHandle; an fd must stay open until it is over
 * @returns how many bytes were given to the kernel
 * @throws (as a rejection) SystemError of open(2), fstat(2) and sendfile(2): ENOENT, EACCES, EISDIR, EIO, ECONNRESET,
 * EPIPE ...; ECONNABORTED where this side destroyed the connection (a time-out, `destroy()`), with its reason as
 * `cause`; AbortError; ERR_FILE_ENDED; ERR_HTTP_CONTENT_LENGTH_MISMATCH; ERR_STREAM_WRITE_AFTER_END and
 * ERR_STREAM_DESTROYED for a target that has ended; UnsupportedError without `fallback` for TLS, HTTP/2, a response
 * whose `write()` was replaced, and where there is no sendfile(2); TypeError and RangeError for wrong arguments
 */
export function sendFile(
  target: FileTarget | Writable,
  file: FileSource,
  options: NodeSendFileOptions = NO_OPTIONS,
): Promise<SentFile> {
  try {
    const { plan, closes } = planOf(target, options);
    checkSource(file);
    if (!isPath(file)) return sendOpen(plan, new OpenFile(file, closes));
    checkBeginning(plan);
    return sendInTurn(plan, openFile(file));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** @internal sendFile() of a file that the package has opened, and closes. */
export function sendOpenFile(target: Writable, file: OpenFile, options: NodeSendFileOptions): Promise<SentFile> {
  try {
    return sendOpen(planOf(target, options).plan, file);
  } catch (error) {
    file.close();
    return Promise.reject(error);
  }
}

/** Begins before it returns, if nothing that was begun before has to have its place first. */
function sendOpen(plan: Plan, file: OpenFile): Promise<SentFile> {
  checkPlan(plan, file);
  return plan.copies || queueOf(plan)[TURN] !== undefined ? sendInTurn(plan, file) : send(plan, file);
}

/** Waits for what was begun before, and for the file to be open: at least until the caller's turn is over. */
async function sendInTurn(plan: Plan, opening: OpenFile | Promise<OpenFile>): Promise<SentFile> {
  const queue = queueOf(plan);
  const before = queue[TURN];
  let pass: () => void = () => {};
  const turn = new Promise<void>((resolve) => {
    pass = resolve;
  });
  queue[TURN] = turn;
  try {
    const file = await opened(opening, before);
    checkPlan(plan, file); // anew: it may have taken its time to open
    const sending = send(plan, file);
    if (plan.copies) await sending; // else it has its place in the queue
    return sending;
  } finally {
    pass();
    if (queue[TURN] === turn) queue[TURN] = undefined;
  }
}

function queueOf({ copies, target, socket }: Plan): Queue {
  return copies ? target : (socket as Socket);
}

/** Closes the file if the sending cannot begin. */
function checkPlan(plan: Plan, file: OpenFile): void {
  try {
    checkBeginning(plan);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Also where it cannot be opened, those before have their place first: those behind wait for this one alone. */
async function opened(opening: OpenFile | Promise<OpenFile>, before: Promise<void> | undefined): Promise<OpenFile> {
  if (opening instanceof OpenFile) {
    await before;
    return opening;
  }
  const [result] = await Promise.allSettled([opening, before]);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function openFile(path: string | Buffer | URL): OpenFile | Promise<OpenFile> {
  return OpenFile.ofCached(openCached(path)) ?? openPath(path).then((fd) => new OpenFile(fd, true));
}

function planOf(target: FileTarget | Writable, options: NodeSendFileOptions): { plan: Plan; closes: boolean } {
  const response = isResponse(target) ? target : null;
  if (response === null) checkTarget(target);
  checkObject(options, 'options');
  const { start = 0, end, signal, close = false, more = false, fallback = false } = options;
  checkFileRange(start, end);
  checkSignal(signal);
  checkBoolean(close, 'options.close');
  checkBoolean(more, 'options.more');
  checkBoolean(fallback, 'options.fallback');
  const socket = socketOf(target);
  const reason = whyNot(target, socket);
  const refusal = fallback ? undefined : reason;
  const copies = reason !== undefined;
  return { plan: { target, response, socket, start, end, signal, isPart: more, refusal, copies }, closes: close };
}

/** @throws UnsupportedError, AbortError, or what the target would say of a write */
function checkBeginning({ target, signal, refusal }: Plan): void {
  if (refusal !== undefined) refuse(refusal);
  if (signal?.aborted === true) throw aborted(signal.reason);
  checkWritable(target);
}

/** Takes the file over: closes it, if that was asked for, however it ends. Begins before it returns. */
function send(plan: Plan, file: OpenFile): Promise<SentFile> {
  const { response, copies } = plan;
  try {
    file.setRange(plan.start, plan.end);
    if (response === null || beginResponse(response, file.left, plan.isPart)) {
      return copies ? copy(plan, file) : enqueue(plan, file);
    }
    file.close();
    return Promise.resolve({ bytes: 0, via: copies ? 'copy' : 'sendfile' });
  } catch (error) {
    file.close();
    return Promise.reject(error);
  }
}

async function copy({ target, signal }: Plan, file: OpenFile): Promise<SentFile> {
  try {
    return { bytes: await copyFile(target, file, signal), via: 'copy' };
  } finally {
    file.close();
  }
}

/** Settles the headers. Returns whether the response has a body. */
function beginResponse(response: ServerResponse, length: number, isPart: boolean): boolean {
  const { statusCode } = response;
  const isWhole = hasBody(response);
  if (isWhole || hasBodyForGet(statusCode)) agreeOnLength(response, length, isPart);
  if (!isWhole && !response.headersSent) response.writeHead(statusCode);
  return isWhole;
}

/** Gives the stream a chunk that stands for the file. */
function enqueue({ target, socket, signal }: Plan, file: OpenFile): Promise<SentFile> {
  const writes = SocketWrites.of(socket as Socket);
  return new Promise((resolve, reject) => {
    const chunk = writes.add(target, file, (error, sent) => {
      forget();
      if (error === null) resolve({ bytes: sent, via: 'sendfile' });
      else reject(errorUnder(signal, error));
    });
    if (waitsForTurn(target)) target.once('close', () => chunk.onTargetClosed());
    const forget = onAbort(signal, () => chunk.fail(aborted(signal?.reason)));
    try {
      target.write(chunk.buffer, (error) => chunk.onWritten(error));
    } catch (error) {
      chunk.cancel(error as Error); // of the headers, or of strictContentLength: nothing was queued
    }
  });
}
