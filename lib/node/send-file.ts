// sendFile(): a file into a response or a socket of Node, by sendfile(2). The file is a chunk of the stream like any
// other (file-chunk.ts), so that all that Node does around a body stays Node's.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { checkBoolean, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { aborted } from '../base/errors.js';
import { checkSignal, errorUnder, onAbort } from './abort.js';
import { copyFile } from './copy-file.js';
import { checkFileRange, checkSource, type FileSource, isPath, OpenFile, openPath } from './open-file.js';
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
  /** Ends it: before the first byte nothing is sent, later the connection is destroyed. */
  signal?: AbortSignal;
  /** Closes an fd or a FileHandle when it is over, however it ends; false by default. A path is always closed. */
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
  readonly start: number;
  readonly end: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly isPart: boolean;
  /** Whether it goes the other way, through this process. */
  readonly copies: boolean;
}

/** Passed when the last file of a target has its place in the target's queue: the next one waits for that. */
const turns = new WeakMap<Writable, Promise<void>>();

/**
 * Sends a file, or a part of one, into a response of node:http or a socket of node:net, inside the kernel
 * (sendfile(2)), which costs a fraction of a stream of node:fs.
 *
 * To the target it is one `write()` of all the bytes. What was written before goes out first. What is written after it
 * waits, as do `end()`, 'finish' and the next response of a pipeline. `writableLength` counts it until it is sent,
 * 'drain' follows, and `bytesWritten` has what the kernel took. Several may be under way in one target: they are sent
 * in the order of the calls. As with any write, `end()` comes after it: await the promise, or call `end()` in the same
 * turn where `file` is not a path. (A path is opened first, in a thread.)
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
 * Once it is accepted, an error destroys the connection, which then emits 'error' for those who listen and 'close'. An
 * error before that leaves the target as it was: another answer can be sent.
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
export async function sendFile(
  target: FileTarget | Writable,
  file: FileSource,
  options: NodeSendFileOptions = NO_OPTIONS,
): Promise<SentFile> {
  checkTarget(target);
  checkSource(file);
  const { plan, closes } = planOf(target, options);
  const given = isPath(file) ? null : new OpenFile(file, closes);
  try {
    checkBeginning(plan);
  } catch (error) {
    given?.close();
    throw error;
  }
  const before = turns.get(target);
  if (given !== null && before === undefined && !plan.copies) return send(plan, given);
  return sendInTurn(plan, before, given ?? openFile(file as string));
}

/** Waits for what was begun before, and for the file to be open. */
async function sendInTurn(
  plan: Plan,
  before: Promise<void> | undefined,
  opening: OpenFile | Promise<OpenFile>,
): Promise<SentFile> {
  const { target } = plan;
  let pass: () => void = () => {};
  const turn = new Promise<void>((resolve) => {
    pass = resolve;
  });
  turns.set(target, turn);
  try {
    const [file] = await Promise.all([opening, before]);
    const sending = send(plan, file);
    if (plan.copies) await sending; // else it has its place in the queue
    return sending;
  } finally {
    pass();
    if (turns.get(target) === turn) turns.delete(target);
  }
}

async function openFile(path: string | Buffer | URL): Promise<OpenFile> {
  return new OpenFile(await openPath(path), true);
}

function planOf(target: Writable, options: NodeSendFileOptions): { plan: Plan; closes: boolean } {
  checkObject(options, 'options');
  const { start = 0, end, signal, close = false, more = false, fallback = false } = options;
  checkFileRange(start, end);
  if (signal !== undefined) checkSignal(signal);
  checkBoolean(close, 'options.close');
  checkBoolean(more, 'options.more');
  checkBoolean(fallback, 'options.fallback');
  const reason = whyNot(target);
  if (reason !== undefined && !fallback) refuse(reason);
  return { plan: { target, start, end, signal, isPart: more, copies: reason !== undefined }, closes: close };
}

/** @throws AbortError, or what the target would say of a write */
function checkBeginning({ target, signal }: Plan): void {
  if (signal?.aborted === true) throw aborted(signal.reason);
  checkWritable(target);
}

/** Takes the file over: closes it, if that was asked for, however it ends. Begins before it returns. */
async function send(plan: Plan, file: OpenFile): Promise<SentFile> {
  const { target } = plan;
  try {
    checkBeginning(plan); // anew: the file may have been opened meanwhile
    file.setRange(plan.start, plan.end);
    if (isResponse(target) && !beginResponse(target, file.left, plan.isPart)) file.left = 0;
    else if (plan.copies) return { bytes: await copyFile(target, file, plan.signal), via: 'copy' };
    else return { bytes: await enqueue(plan, file), via: 'sendfile' };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return { bytes: 0, via: plan.copies ? 'copy' : 'sendfile' };
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
function enqueue({ target, signal }: Plan, file: OpenFile): Promise<number> {
  return new Promise((resolve, reject) => {
    const chunk = SocketWrites.of(socketOf(target) as Socket).add(file, (error, sent) => {
      forget();
      if (error === null) resolve(sent);
      else reject(errorUnder(signal, error));
    });
    const forget = onAbort(signal, () => chunk.fail(aborted(signal?.reason)));
    try {
      target.write(chunk.buffer, (error) => chunk.onWritten(error));
    } catch (error) {
      chunk.cancel(error as Error); // of the headers, or of strictContentLength: nothing was queued
    }
  });
}
