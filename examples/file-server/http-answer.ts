// Decides which response a request gets: status, header fields, and the part of a file that is the body. All of
// RFC 9110 that a file server needs is here: conditions, a range, methods. What may change: what is supported; RFC 9110
// says in which order conditions are asked (13.2.2). What must hold: no system call here but by FileCache, and a file
// in an answer was opened for it, and has to be released by the code that sends it.
import { STATUS_CODES } from 'node:http';
import { type FileCache, OpenFile } from './http-files.js';
import type { HttpRequest } from './http-parser.js';

export interface Answer {
  /** Everything up to and with the empty line; an error's short text too. */
  head: string;
  /** The body is file[start, end). */
  file: OpenFile | null;
  start: number;
  end: number;
  /** Whether the connection is closed afterwards. */
  close: boolean;
}

/** RFC 9110, 4.2: a name, an IPv4 address, or an IP literal in brackets; then a port. It may be empty. */
const HOST = /^(?:\[[\w.~!$&'()*+,;=:-]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d*)?$/i;

export function answer(request: HttpRequest, files: FileCache): Answer {
  const { method, url } = request;
  const fault = faultOf(request);
  // Where a request is not what it says, or another protocol would follow, no byte after it is a request.
  if (fault !== 0 || method === 'CONNECT') request.keepAlive = false;
  if (fault !== 0) return refuse(request, fault);
  if (method !== 'GET' && method !== 'HEAD') return refuse(request, 405, 'Allow: GET, HEAD\r\n');
  const file = files.open(pathOf(url));
  if (file instanceof OpenFile) return withFile(request, file);
  const location = file.location === undefined ? '' : `Location: ${file.location}\r\n`;
  return refuse(request, file.status, file.status === 503 ? 'Retry-After: 1\r\n' : location);
}

/** What RFC 9112 refuses and the parser lets pass: the status for it; 0 for a request that is in order. */
function faultOf(request: HttpRequest): number {
  if (request.httpMajor !== 1) return request.httpMajor === 0 ? 400 : 505;
  const coding = request.header('transfer-encoding');
  if (coding !== undefined && request.httpMinor === 0) return 400; // 6.1: HTTP/1.0 has no chunks
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 501;
  const hosts = request.count('host'); // 3.2
  if (hosts > 1 || (hosts === 0 && request.httpMinor > 0)) return 400;
  return HOST.test(request.header('host') ?? '') ? 0 : 400;
}

/** An answer without a file, to a request or (null) to bytes that were none: then the connection cannot go on. */
export function refuse(request: HttpRequest | null, status: number, fields = ''): Answer {
  const text = `${status} ${STATUS_CODES[status]}\n`;
  const close = request === null || !request.keepAlive;
  const body = request?.method === 'HEAD' ? '' : text;
  const type = `Content-Type: text/plain\r\nContent-Length: ${text.length}\r\n`;
  return { head: headOf(request, status, fields + type, close) + body, file: null, start: 0, end: 0, close };
}

function withFile(request: HttpRequest, file: OpenFile): Answer {
  const close = !request.keepAlive;
  const status = failedCondition(request, file);
  if (status !== 0) {
    file.release();
    if (status === 412) return refuse(request, 412);
    const fields = `Last-Modified: ${file.lastModified}\r\nETag: ${file.etag}\r\n`;
    return { head: headOf(request, status, fields, close), file: null, start: 0, end: 0, close };
  }
  const range = rangeOf(request, file);
  if (range === 'unsatisfiable') {
    file.release();
    return refuse(request, 416, `Content-Range: bytes */${file.size}\r\n`);
  }
  const [start, end] = range ?? [0, file.size];
  const part = range === null ? '' : `Content-Range: bytes ${start}-${end - 1}/${file.size}\r\n`;
  const fields = `${file.fields}${part}Content-Length: ${end - start}\r\n`;
  const head = headOf(request, range === null ? 200 : 206, fields, close);
  if (request.method === 'GET' && end > start) return { head, file, start, end, close };
  file.release();
  return { head, file: null, start, end, close };
}

function headOf(request: HttpRequest | null, status: number, fields: string, close: boolean): string {
  let connection = '';
  if (close) connection = 'Connection: close\r\n';
  else if (request?.httpMinor === 0) connection = 'Connection: keep-alive\r\n';
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nDate: ${dateNow()}\r\n${fields}${connection}\r\n`;
}

/** 0 when the request is to be answered with the file; else 304 or 412. */
function failedCondition(request: HttpRequest, file: OpenFile): number {
  const match = request.header('if-match');
  if (match !== undefined) {
    if (!lists(match, file.etag)) return 412;
  } else if (changedSince(request.header('if-unmodified-since'), file) === true) return 412;
  const noneMatch = request.header('if-none-match');
  if (noneMatch !== undefined) return lists(noneMatch.replaceAll('W/', ''), file.etag) ? 304 : 0;
  return changedSince(request.header('if-modified-since'), file) === false ? 304 : 0;
}

function lists(header: string, etag: string): boolean {
  return header.split(',').some((item) => item.trim() === etag || item.trim() === '*');
}

/** Undefined where the header is missing or holds no date: then it counts as not sent. */
function changedSince(header: string | undefined, file: OpenFile): boolean | undefined {
  if (header === undefined) return undefined;
  if (header === file.lastModified) return false;
  const since = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(header)
    ? Date.parse(header.endsWith('GMT') ? header : `${header} GMT`) // the oldest of the three forms has no zone
    : Number.NaN;
  return Number.isNaN(since) ? undefined : Date.parse(file.lastModified) > since;
}

/** One range as [start, end), or null for the whole file: that is also what a list of ranges or an odd header gets. */
function rangeOf(request: HttpRequest, file: OpenFile): [number, number] | 'unsatisfiable' | null {
  const header = request.header('range');
  if (header === undefined || request.method !== 'GET') return null;
  const ifRange = request.header('if-range');
  if (ifRange !== undefined && ifRange !== file.etag && ifRange !== file.lastModified) return null;
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  if (first === '') {
    if (Number(last) === 0) return 'unsatisfiable';
    return file.size === 0 ? null : [Math.max(0, file.size - Number(last)), file.size];
  }
  if (last !== '' && Number(last) < Number(first)) return null;
  if (Number(first) >= file.size) return 'unsatisfiable';
  return [Number(first), last === '' ? file.size : Math.min(Number(last) + 1, file.size)];
}

/** The target of a request is a path, or a whole URL as a proxy's client sends it. */
function pathOf(url: string): string {
  const query = url.search(/[?#]/);
  const target = query < 0 ? url : url.slice(0, query);
  if (target.startsWith('/')) return target;
  const [, path] = /^https?:\/\/[^/]+(.*)$/i.exec(target) ?? [];
  return path === '' ? '/' : (path ?? target);
}

let dateSecond = 0;
let date = '';
function dateNow(): string {
  const second = Math.trunc(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
