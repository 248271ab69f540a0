// staticFiles(): a middleware over the npm package `send`, which knows paths, ranges and conditional requests, with
// sendFile() in place of its stream.
import type { Stats } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkBoolean, checkFunction, checkObject, checkString, NO_OPTIONS } from '../base/arguments.js';
import { UnsupportedError, withErrorCode } from '../base/errors.js';
import { path, require } from '../native/builtins.js';
import { OpenFile, openCached } from './open-file.js';
import { type SentFile, sendFile, sendOpenFile } from './send-file.js';

/** Options of `staticFiles()`: those of the package `send`, which its documentation explains, and some of its own. */
export interface StaticFilesOptions {
  /** Whether a request for a part is answered with that part (Range); true by default. */
  acceptRanges?: boolean;
  /** Whether Cache-Control is set; true by default. */
  cacheControl?: boolean;
  /** What a name that begins with a dot gets: 404 ('ignore', the default), 403 ('deny') or the file ('allow'). */
  dotfiles?: 'allow' | 'deny' | 'ignore';
  /** Whether ETag is set; true by default. */
  etag?: boolean;
  /** Extensions that are tried, in this order, for a name without one that is not there; none by default. */
  extensions?: string[] | false;
  /** Adds `immutable` to Cache-Control; false by default. */
  immutable?: boolean;
  /** The files that stand for a folder; `['index.html']` by default. */
  index?: string | string[] | false;
  /** Whether Last-Modified is set; true by default. */
  lastModified?: boolean;
  /** max-age of Cache-Control, in milliseconds, or in words ('1d'); 0 by default. */
  maxAge?: number | string;
  /** Whether what is not there, and what is no GET or HEAD, goes on to `next()`; true by default. */
  fallthrough?: boolean;
  /** Whether a folder without a slash at the end is answered with the way to the one with it; true by default. */
  redirect?: boolean;
  /** Called before the headers of a file are set, to set some of your own. */
  setHeaders?: (response: ServerResponse, path: string, stats: Stats) => void;
}

/** A middleware of node:http, connect, Express, polka and the like. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** What this file uses of a SendStream of `send`. */
interface SendStream {
  sendFile(file: string): void;
  sendIndex(folder: string): void;
  send(file: string, stats: Stats): void;
  stream(file: string, range: { start: number }): void;
  hasTrailingSlash(): boolean;
  error(status: number, error?: Error): void;
  onStatError(error: Error): void;
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (...args: never[]) => void): this;
  pipe(response: ServerResponse): void;
}
type Send = (request: IncomingMessage, path: string, options: object) => SendStream;

/** @internal How one request is served. */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  next: (error?: unknown) => void,
) => void;

/**
 * A middleware that answers with the files of a folder, by `sendFile()`. Paths, ranges, ETag, conditional requests,
 * dotfiles and the safety of it all are those of the package `send`, which you install beside this one. Mount it where
 * `express.static()` would be.
 *
 * Where sendfile(2) cannot be used (TLS, a compression before it) the files are copied.
 *
 * @param root the folder
 * @throws UnsupportedError where the package `send` is not installed; TypeError for wrong arguments
 */
export function staticFiles(root: string, options: StaticFilesOptions = NO_OPTIONS): Middleware {
  const serve = filesServer(root, options);
  return (request, response, next) => {
    const mounted = pathOf(request.url);
    const original = pathOf((request as { originalUrl?: string }).originalUrl ?? request.url);
    // A folder that a middleware is mounted at, asked for without its slash, has the path '/' here.
    serve(request, response, mounted === '/' && !original.endsWith('/') ? '' : mounted, next);
  };
}

/** @internal */
export function filesServer(root: string, options: StaticFilesOptions): Serve {
  checkString(root, 'root');
  checkObject(options, 'options');
  const { fallthrough = true, redirect = true, setHeaders, ...others } = options;
  checkBoolean(fallthrough, 'options.fallthrough');
  checkBoolean(redirect, 'options.redirect');
  if (setHeaders !== undefined) checkFunction(setHeaders, 'options.setHeaders');
  const send = loadSend();
  const settings = { ...others, root: path.resolve(root) };
  checkSettings(send, settings);
  const [index] = [others.index ?? 'index.html'].flat();
  return (request, response, file, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      if (fallthrough) next();
      else refuseMethod(response);
      return;
    }
    const stream = send(request, file, settings);
    let isFound = !fallthrough;
    stream.stream = (name, { start }) => {
      answer(stream, response, sendFile(response, name, { ...rangeOf(response, start), fallback: true }));
    };
    opensAtOnce(stream, response, index);
    stream.on('file', () => {
      isFound = true;
    });
    stream.on('directory', () => {
      if (redirect && !stream.hasTrailingSlash()) redirectToFolder(request, response);
      else stream.error(404);
    });
    if (setHeaders !== undefined) stream.on('headers', setHeaders as never);
    stream.on('error', ((error: Error & { statusCode: number }) => {
      if (isFound || error.statusCode >= 500) next(error);
      else next();
    }) as never);
    stream.pipe(response);
  };
}

/** Has `send` check its options now, and not at the first request. */
function checkSettings(send: Send, settings: object): void {
  try {
    send({ headers: {} } as IncomingMessage, '/', settings);
  } catch (error) {
    throw error instanceof TypeError ? withErrorCode(error, 'ERR_INVALID_ARG_VALUE') : error;
  }
}

function loadSend(): Send {
  try {
    return require('send') as Send;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND') throw error;
    throw new UnsupportedError('staticFiles()', 'the npm package send is not installed');
  }
}

/** The path of a request, as it came: `send` decodes it. */
function pathOf(url = '/'): string {
  const [whole = '/'] = url.split(/[?#]/, 1);
  return whole.startsWith('/') ? whole : whole.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/';
}

/**
 * Where the disk is not needed, the file is opened and looked at here, in place of the stat() of `send` in a thread of
 * libuv, and that very file is sent. Whatever this does not find goes the way of `send`. As there, nothing happens
 * before the caller's turn is over.
 */
function opensAtOnce(stream: SendStream, response: ServerResponse, index: string | false | undefined): void {
  const { sendFile: find, sendIndex: findIndex } = stream;
  stream.sendFile = (file) => {
    process.nextTick(() => {
      if (!sendOpened(stream, response, file)) find.call(stream, file);
    });
  };
  stream.sendIndex = (folder) => {
    process.nextTick(() => {
      const isSent = typeof index === 'string' && sendOpened(stream, response, path.join(folder, index));
      if (!isSent) findIndex.call(stream, folder);
    });
  };
}

/** False where nothing was done. */
function sendOpened(stream: SendStream, response: ServerResponse, file: string): boolean {
  const open = OpenFile.ofCached(openCached(file));
  if (open === undefined) return false;
  let isSent = false;
  try {
    const stats = open.stats();
    if (!stats.isFile()) return false;
    stream.stream = (_file, { start }) => {
      isSent = true;
      answer(stream, response, sendOpenFile(response, open, { ...rangeOf(response, start), fallback: true }));
    };
    stream.emit('file', file, stats);
    stream.send(file, stats);
    return true;
  } finally {
    if (!isSent) open.close(); // the answer has no body
  }
}

/** `send` has set the headers. */
function rangeOf(response: ServerResponse, start: number): { start: number; end: number } {
  return { start, end: start + Number(response.getHeader('Content-Length')) };
}

/** Ends the response. What goes wrong before a byte is sent is answered by an error, as `send` does itself. */
function answer(stream: SendStream, response: ServerResponse, sending: Promise<SentFile>): void {
  sending.then(
    () => {
      response.end();
      stream.emit('end');
    },
    (error: Error) => {
      if (!response.headersSent && !response.destroyed) stream.onStatError(error);
    },
  );
}

function refuseMethod(response: ServerResponse): void {
  response.statusCode = 405;
  response.setHeader('Allow', 'GET, HEAD');
  response.setHeader('Content-Length', 0);
  response.end();
}

function redirectToFolder(request: IncomingMessage, response: ServerResponse): void {
  const url = (request as { originalUrl?: string }).originalUrl ?? request.url ?? '/';
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  // Two slashes at the beginning would be the name of a host, and a browser takes a backslash for a slash.
  const folder = pathOf(url).replaceAll('\\', '%5C').replace(/^\/+/, '/');
  response.statusCode = 301;
  response.setHeader('Location', `${folder}/${query}`);
  response.setHeader('Content-Length', 0);
  response.end();
}
