// HTTP/1.1 request heads out of a byte stream, for the examples and the benchmark's server. The parsing
// itself is llhttp, the parser of Node.js, in the WebAssembly build that undici ships; this file only feeds it and
// collects what it reports. Being WebAssembly it is strict, fast (about 0.3 us a small request) and needs no compiler.
// What may change: how a request is presented. What must hold: one parser a connection, any cut of the stream gives the
// same requests, and a head never takes more than MAX_HEAD_BYTES. Bodies are framed and skipped: the examples only GET.
import { createRequire } from 'node:module';

/** Url, header names and header values of one request together, in bytes. */
export const MAX_HEAD_BYTES = 16 * 1024;
export const MAX_URL_BYTES = 8 * 1024;

/** How much of the stream is handed to llhttp at a time, in bytes. */
const WINDOW_BYTES = 64 * 1024;

/** Up to here a loop copies faster than a view of the part can be made. */
const LOOP_BYTES = 128;

const TYPE_REQUEST = 1;
const OK = 0;
const STOP = 24; // HPE_USER: the code that llhttp leaves to its callers
const PAUSED_UPGRADE = 22; // HPE_PAUSED_UPGRADE: the request asked for another protocol

export class HttpParseError extends Error {
  override readonly name = 'HttpParseError';
  /** The HTTP status that answers it. */
  readonly status: 400 | 414 | 431;
  /** llhttp's own name of the error, 'HPE_INVALID_METHOD' for one. */
  readonly code: string;

  constructor(status: 400 | 414 | 431, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export class HttpRequest {
  method = '';
  url = '';
  httpMajor = 1;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  httpMinor = 1;
  /** Whether the connection stays open after the response, by the rules of the request's version. */
  keepAlive = true;
  /** Name, value, name, value ... as they came. */
  readonly headers: string[] = [];

  /** The first header of that name (given in lower case), or undefined. */
  header(name: string): string | undefined {
    const { headers } = this;
    for (let i = 0; i < headers.length; i += 2) {
      const candidate = headers[i] as string;
      if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[i + 1];
    }
    return undefined;
  }

  /** How many headers of that name (given in lower case) there are. */
  count(name: string): number {
    let found = 0;
    for (let i = 0; i < this.headers.length; i += 2) {
      const candidate = this.headers[i] as string;
      if (candidate.length === name.length && candidate.toLowerCase() === name) found++;
    }
    return found;
  }
}

export class HttpParser {
  readonly #onRequest: (request: HttpRequest) => void;
  readonly #pointer: number;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #request: HttpRequest | null = null;
  #headBytes = 0;
  #headDone = false;
  #thrown: { value: unknown } | null = null;

  /** `onRequest` is called once a request, in order, inside execute(), as soon as the request has ended. */
  constructor(onRequest: (request: HttpRequest) => void) {
    this.#onRequest = onRequest;
    this.#pointer = llhttp.llhttp_alloc(TYPE_REQUEST);
    if (this.#pointer === 0) throw new Error('no memory for another HTTP parser');
  }

  /**
   * Feeds the next `length` bytes of the stream. After an HttpParseError the connection can only be answered and
   * closed. What `onRequest` throws comes out of here, and the parser can then only be closed.
   */
  execute(bytes: Uint8Array, length: number = bytes.length): void {
    if (this.#state !== 'open') throw new Error('HttpParser.execute() after close()');
    if (active !== null) throw new Error('HttpParser.execute() was called from inside a request callback');
    active = this;
    try {
      for (let start = 0; start < length && this.#isOpen(); start += WINDOW_BYTES) {
        this.#executeWindow(bytes, start, Math.min(length, start + WINDOW_BYTES));
      }
    } finally {
      active = null;
      if (!this.#isOpen()) this.#free();
    }
  }

  /** The request of which all but the rest of its body has come, or null. It may wait to be told to go on. */
  get awaitingBody(): HttpRequest | null {
    return this.#headDone ? this.#request : null;
  }

  /**
   * Whether the last request has ended and no byte of a next one has come: the parser may then serve another stream.
   */
  get isBetweenRequests(): boolean {
    return this.#request === null && this.#state === 'open';
  }

  /** Gives the parser's memory back. Idempotent. From inside a request callback it is the last one that is called. */
  close(): void {
    if (this.#state !== 'open') return;
    if (active === this) this.#state = 'closing';
    else this.#free();
  }

  #isOpen(): boolean {
    return this.#state === 'open';
  }

  #free(): void {
    this.#state = 'closed';
    llhttp.llhttp_free(this.#pointer);
  }

  #executeWindow(bytes: Uint8Array, start: number, end: number): void {
    loadWindow(bytes, start, end);
    const stop = windowAddress + (end - start);
    let status = llhttp.llhttp_execute(this.#pointer, windowAddress, end - start);
    while (status === PAUSED_UPGRADE) {
      // The examples speak no other protocol: a request to upgrade is an ordinary request, and the stream goes on.
      const next = llhttp.llhttp_get_error_pos(this.#pointer);
      llhttp.llhttp_resume_after_upgrade(this.#pointer);
      status = llhttp.llhttp_execute(this.#pointer, next, stop - next);
    }
    if (this.#thrown !== null) throw this.#thrown.value;
    if (status !== OK && this.#isOpen()) throw this.#errorOf(status);
  }

  // What llhttp reports, through `callbacks` below. They return 0 to go on, and must not throw: an exception that
  // unwinds WebAssembly leaves its stack pointer where it was.

  onBegin(): number {
    this.#request = new HttpRequest();
    this.#headBytes = 0;
    this.#headDone = false;
    return OK;
  }

  onUrl(address: number, length: number): number {
    const request = this.#request as HttpRequest;
    request.url += windowSlice(address, length);
    if (request.url.length > MAX_URL_BYTES) return STOP;
    return this.#countHead(length);
  }

  /** A name or a value, or the next part of one that was cut: `parity` is what headers.length % 2 is for a new one. */
  onHeader(address: number, length: number, parity: 0 | 1): number {
    if (this.#headDone) return OK; // a trailer of a chunked body
    const { headers } = this.#request as HttpRequest;
    const text = windowSlice(address, length);
    if (headers.length % 2 === parity) headers.push(text);
    else headers[headers.length - 1] += text;
    return this.#countHead(length);
  }

  onHeadEnd(keepAlive: boolean): number {
    const request = this.#request as HttpRequest;
    this.#headDone = true;
    request.keepAlive = keepAlive;
    request.httpMinor = llhttp.llhttp_get_http_minor(this.#pointer);
    // The parser knows 0.9, 1.0, 1.1 and 2.0.
    if (request.httpMinor !== 1) request.httpMajor = llhttp.llhttp_get_http_major(this.#pointer);
    request.method = methodName(llhttp.llhttp_get_method(this.#pointer));
    return OK;
  }

  onEnd(): number {
    const request = this.#request as HttpRequest;
    this.#request = null;
    try {
      this.#onRequest(request);
    } catch (error) {
      this.#thrown = { value: error };
      return STOP;
    }
    return this.#isOpen() ? OK : STOP;
  }

  #countHead(length: number): number {
    this.#headBytes += length;
    return this.#headBytes > MAX_HEAD_BYTES ? STOP : OK;
  }

  #errorOf(status: number): HttpParseError {
    if (status !== STOP) {
      const code = cString(llhttp.llhttp_errno_name(status));
      return new HttpParseError(400, code, cString(llhttp.llhttp_get_error_reason(this.#pointer)));
    }
    if (this.#headBytes <= MAX_HEAD_BYTES) {
      return new HttpParseError(414, 'HPE_URL_OVERFLOW', `a URL of more than ${MAX_URL_BYTES} bytes`);
    }
    return new HttpParseError(431, 'HPE_HEADER_OVERFLOW', `a head of more than ${MAX_HEAD_BYTES} bytes`);
  }
}

// The WebAssembly module: one instance for all parsers, and one window of its memory that the stream passes through.

/** The parser inside execute(), which the callbacks of this moment belong to. */
let active: HttpParser | null = null;

const callbacks = {
  wasm_on_message_begin: () => (active as HttpParser).onBegin(),
  wasm_on_url: (_parser: number, address: number, length: number) => (active as HttpParser).onUrl(address, length),
  wasm_on_status: () => OK,
  wasm_on_header_field: (_parser: number, address: number, length: number) =>
    (active as HttpParser).onHeader(address, length, 0),
  wasm_on_header_value: (_parser: number, address: number, length: number) =>
    (active as HttpParser).onHeader(address, length, 1),
  wasm_on_headers_complete: (_parser: number, _status: number, _upgrade: number, keepAlive: number) =>
    (active as HttpParser).onHeadEnd(keepAlive !== 0),
  wasm_on_body: () => OK,
  wasm_on_message_complete: () => (active as HttpParser).onEnd(),
};

const llhttp = instantiate();
const windowAddress = llhttp.malloc(WINDOW_BYTES);
let memory = Buffer.from(llhttp.memory.buffer);
let windowEnd = windowAddress;
let windowText: string | null = null;
const methodNames: string[] = [];

function loadWindow(bytes: Uint8Array, start: number, end: number): void {
  if (memory.length === 0) memory = Buffer.from(llhttp.memory.buffer); // it grew: the old view is detached
  windowEnd = windowAddress + (end - start);
  if (end - start <= LOOP_BYTES) {
    for (let from = start, to = windowAddress; from < end; from++, to++) memory[to] = bytes[from] as number;
  } else {
    memory.set(bytes.subarray(start, end), windowAddress);
  }
  windowText = null;
}

/**
 * One string is made of the whole window, when first asked for; the parts are cut from it, which costs almost nothing.
 */
function windowSlice(address: number, length: number): string {
  windowText ??= memory.toString('latin1', windowAddress, windowEnd);
  return windowText.substring(address - windowAddress, address - windowAddress + length);
}

function methodName(method: number): string {
  methodNames[method] ??= cString(llhttp.llhttp_method_name(method));
  return methodNames[method];
}

function cString(address: number): string {
  if (memory.length === 0) memory = Buffer.from(llhttp.memory.buffer);
  return memory.toString('latin1', address, memory.indexOf(0, address));
}

/** What is used of the module's exports. */
interface Llhttp {
  memory: { buffer: ArrayBuffer };
  malloc(bytes: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, address: number, length: number): number;
  llhttp_resume_after_upgrade(parser: number): void;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_error_reason(parser: number): number;
  llhttp_errno_name(status: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_method_name(method: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

/** What is used of the global of that name, which the types of Node.js leave to those of browsers. */
declare const WebAssembly: {
  Module: new (code: Uint8Array) => object;
  Instance: new (module: object, imports: { env: typeof callbacks }) => { exports: Llhttp };
};

function instantiate(): Llhttp {
  const code: Uint8Array = createRequire(import.meta.url)('undici/lib/llhttp/llhttp_simd-wasm.js');
  return new WebAssembly.Instance(new WebAssembly.Module(code), { env: callbacks }).exports;
}
