// The other end of the file server's tests: raw requests, so that every byte and every cut is the test's, and just
// enough of a response reader to tell the responses of one connection apart.
import { connect, readToEnd } from './clients.js';

export interface Response {
  status: number;
  headers: Map<string, string>;
  body: Buffer;
}

/** The responses in the bytes of a whole connection. `methods` are those of the requests: HEAD has no body. */
export function responses(stream: Buffer, methods: readonly string[] = []): Response[] {
  const found: Response[] = [];
  for (let rest = stream; rest.length > 0; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) throw new Error(`no response: ${JSON.stringify(rest.toString('latin1', 0, 200))}`);
    const [line = '', ...fields] = rest.toString('latin1', 0, headEnd).split('\r\n');
    const headers = new Map<string, string>();
    for (const field of fields) {
      const [, name, value] = /^([\w-]+): (.*)$/.exec(field) ?? [];
      if (name === undefined || value === undefined || headers.has(name.toLowerCase()))
        throw new Error(`field ${field}`);
      headers.set(name.toLowerCase(), value);
    }
    const status = Number(/^HTTP\/1\.1 (\d{3}) \S/.exec(line)?.[1]);
    const bodiless = methods[found.length] === 'HEAD' || status === 304;
    const end = headEnd + 4 + (bodiless ? 0 : Number(headers.get('content-length')));
    if (Number.isNaN(end) || end > rest.length) throw new Error(`cut: ${line}, ${end} of ${rest.length} bytes`);
    found.push({ status, headers, body: rest.subarray(headEnd + 4, end) });
    rest = rest.subarray(end);
  }
  return found;
}

/** Sends the bytes, `step` at a time, then the FIN, and reads until the server's. */
export async function talk(port: number, text: string, step = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const socket = await connect(port);
  socket.setNoDelay(true);
  const stream = Buffer.from(text, 'latin1');
  const received = readToEnd(socket);
  for (let at = 0; at < stream.length; at += step) {
    await new Promise((resolve) => socket.write(stream.subarray(at, at + step), resolve));
  }
  socket.end();
  const all = await received;
  socket.destroy();
  return all;
}

export interface Ask {
  method?: string;
  version?: string;
  headers?: Record<string, string>;
}

export function requestText(url: string, { method = 'GET', version = '1.1', headers = {} }: Ask = {}): string {
  const fields = Object.entries({ Host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${url} HTTP/${version}\r\n${fields.join('')}\r\n`;
}

/** One request on a connection of its own. */
export async function ask(port: number, url: string, options: Ask = {}): Promise<Response> {
  const [response, ...more] = responses(await talk(port, requestText(url, options)), [options.method ?? 'GET']);
  if (response === undefined || more.length > 0) throw new Error(`${more.length + 1} responses to one request`);
  return response;
}
