// From the path of a URL to an open file, or to the status that refuses it. Open files and what is known of them are
// kept for a short time (as nginx does by open_file_cache), because open, fstat and close for each request cost more
// than the request. What may change: the limits, what is remembered of a file. What must hold: nothing outside the root
// is ever opened, by whatever spelling or link; nothing but a regular file is served; every fd is closed. A user who
// may rename folders inside the root while it is served can win a race against the check of links: for such people's
// files serve a copy.
import * as fs from 'node:fs';
import { join, sep } from 'node:path';
import { lookup } from 'mrmime';

/** For so long a file that was replaced may still be served as it was. */
const VALID_MS = 1000;
/** More files than this are not kept open. Those being sent are open besides. */
const MAX_FILES = 256;
/** O_NONBLOCK: to open a FIFO must not wait for its writer. */
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW;

const STATUS_OF_ERROR: Record<string, number> = {
  ENOENT: 404,
  ENOTDIR: 404,
  ELOOP: 404,
  ENAMETOOLONG: 404,
  ENXIO: 404,
  EACCES: 403,
  EPERM: 403,
  EMFILE: 503,
  ENFILE: 503,
};

export interface Refusal {
  status: number;
  location?: string;
}

export class OpenFile {
  readonly fd: number;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: string;
  /** The header fields that are the same in each response. */
  readonly fields: string;
  readonly expires = performance.now() + VALID_MS;
  /** How many responses are using it; it is closed when the count is 0 and the cache has let go of it. */
  users = 0;
  cached = true;

  constructor(fd: number, stats: fs.Stats, path: string) {
    const type = lookup(path) ?? 'application/octet-stream';
    this.fd = fd;
    this.size = stats.size;
    this.etag = `"${stats.size.toString(16)}-${Math.trunc(stats.mtimeMs * 1000).toString(16)}"`;
    this.lastModified = stats.mtime.toUTCString();
    this.fields =
      `Content-Type: ${type}${type.startsWith('text/') ? '; charset=utf-8' : ''}\r\n` +
      `Last-Modified: ${this.lastModified}\r\nETag: ${this.etag}\r\nAccept-Ranges: bytes\r\n`;
  }

  release(): void {
    this.users--;
    this.closeIfUnused();
  }

  closeIfUnused(): void {
    if (this.users === 0 && !this.cached) fs.closeSync(this.fd);
  }
}

export class FileCache {
  readonly #root: string;
  /** By the path of the URL. In order of age, as a Map keeps it, so also in order of expiry. */
  readonly #files = new Map<string, OpenFile>();

  constructor(root: string) {
    this.#root = fs.realpathSync.native(root);
  }

  /** The caller must release() the file. `urlPath` is as it came in the request, without the query. */
  open(urlPath: string): OpenFile | Refusal {
    const known = this.#files.get(urlPath);
    if (known !== undefined && known.expires > performance.now()) {
      known.users++;
      return known;
    }
    const segments = segmentsOf(urlPath);
    if (segments === null) return { status: 400 };
    try {
      return this.#openAnew(urlPath, segments);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return { status: STATUS_OF_ERROR[code] ?? 500 };
    }
  }

  /** Lets go of the files that are no longer valid. To be called now and then. */
  sweep(now = performance.now()): void {
    for (const [path, file] of this.#files) {
      if (file.expires > now) return;
      this.#drop(path, file);
    }
  }

  close(): void {
    this.sweep(Number.POSITIVE_INFINITY);
  }

  #openAnew(urlPath: string, segments: string[]): OpenFile | Refusal {
    const isFolder = segments.length === 0 || urlPath.endsWith('/');
    const path = join(this.#root, ...segments, isFolder ? 'index.html' : '');
    // The usual 404, without the exception that realpath() would make: it costs ten times as much.
    if (fs.statSync(path, { throwIfNoEntry: false }) === undefined) return { status: 404 };
    // Links are followed first and judged by where they end; what is opened then has no link at its end.
    const real = fs.realpathSync.native(path);
    if (!real.startsWith(this.#root === sep ? sep : this.#root + sep) && real !== this.#root) return { status: 404 };
    const fd = this.#openFd(real);
    const stats = fs.fstatSync(fd);
    if (!stats.isFile()) {
      fs.closeSync(fd);
      if (!stats.isDirectory() || isFolder) return { status: 404 };
      return { status: 301, location: `/${segments.map(encodeURIComponent).join('/')}/` };
    }
    const file = new OpenFile(fd, stats, path);
    file.users++;
    this.#keep(urlPath, file);
    return file;
  }

  /** The files kept open must not be what the process runs out of fds by. */
  #openFd(path: string): number {
    try {
      return fs.openSync(path, OPEN_FLAGS);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error;
      this.close();
      return fs.openSync(path, OPEN_FLAGS);
    }
  }

  #keep(urlPath: string, file: OpenFile): void {
    const outdated = this.#files.get(urlPath);
    if (outdated !== undefined) this.#drop(urlPath, outdated);
    for (const [path, oldest] of this.#files) {
      if (this.#files.size < MAX_FILES) break;
      this.#drop(path, oldest);
    }
    this.#files.set(Buffer.from(urlPath).toString(), file); // a copy: the string may be a slice of a large one
  }

  #drop(path: string, file: OpenFile): void {
    this.#files.delete(path);
    file.cached = false;
    file.closeIfUnused();
  }
}

/** The decoded names between the slashes; null for what no honest client asks. */
function segmentsOf(urlPath: string): string[] | null {
  let path: string;
  try {
    path = decodeURIComponent(urlPath);
  } catch {
    return null; // URIError: not percent-encoded UTF-8
  }
  if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return null;
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.includes('..') ? null : segments;
}
