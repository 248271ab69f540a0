// An HTTP proxy on node:http: node connect-proxy.js [port] [host]
//
// What it shows: a server of node:http serves requests as ever, and what is HTTP no more goes inside the kernel.
// Requests for `http://host/path` are sent on by node:http. CONNECT (TLS, as a rule) and Upgrade (WebSocket) become
// tunnels: splice(). What may change: who may connect to what, the limits, a log. What must hold: what came with the
// head goes first, an idle tunnel ends, and an error of one side ends the other. Anyone who reaches it may use it: it
// listens to this machine alone.
import http from 'node:http';
import net from 'node:net';
import { pipeline } from 'node:stream';
import { sharedReactor, splice } from 'fdreactor/node';
import type { AddressInfo } from 'fdreactor/socket';
import { announce, onStop } from './announce.js';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_MS = 10 * 60_000;
/** Headers about one hop, which do not go on: RFC 9110, section 7.6.1. */
const ONE_HOP = ['connection', 'proxy-connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const [port = '0', host = '127.0.0.1'] = process.argv.slice(2);
const stopped = new AbortController();

/** Where a request goes that names its server: `http://host/path`. */
function urlOf(request: http.IncomingMessage): URL | null {
  const text = request.url ?? '';
  return text.startsWith('http://') && URL.canParse(text) ? new URL(text) : null;
}

/** `host:port`, of CONNECT. */
function addressOf(text = ''): { host: string; port: number } | null {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const number = Number(match?.[3]);
  return match === null || number > 65_535 ? null : { host: match[1] ?? (match[2] as string), port: number };
}

/** The headers as they came, without those about this hop. */
function headersOf({ rawHeaders }: http.IncomingMessage, more: string[] = []): string[] {
  return rawHeaders.filter((_, i) => !ONE_HOP.includes((rawHeaders[i - (i % 2)] ?? '').toLowerCase())).concat(more);
}

/** The request as it goes on, to the server that it names. */
function sendOn(request: http.IncomingMessage, url: URL, more?: string[]): http.ClientRequest {
  const { hostname, port, pathname, search } = url;
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: port || 80, path: pathname + search };
  return http.request({ ...address, method: request.method, headers: headersOf(request, more) });
}

/** An answer by hand: the socket is no more node:http's. */
function answer(client: net.Socket, status: number, headers: string[] = []): void {
  const lines = [`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  client.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function refuse(client: net.Socket, status: number): void {
  answer(client, status, ['Connection', 'close', 'Content-Length', '0']);
  client.destroySoon();
}

/** What came with a head is the first of its socket. */
function join(client: net.Socket, head: Buffer, target: net.Socket, targetHead: Buffer): void {
  if (head.length > 0) client.unshift(head);
  if (targetHead.length > 0) target.unshift(targetHead);
  const options = { timeoutMs: IDLE_MS, signal: stopped.signal, fallback: true };
  splice(client, target, options).catch(() => {}); // a reset, or nothing came for long: both are destroyed
}

const server = http.createServer((request, response) => {
  const url = urlOf(request);
  if (url === null) {
    response.writeHead(400).end('this is a proxy\n');
    return;
  }
  const onward = sendOn(request, url);
  onward.on('response', (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.statusMessage, headersOf(answered));
    pipeline(answered, response, () => {});
  });
  pipeline(request, onward, (error) => {
    if (error && !response.headersSent) response.writeHead(502).end();
    else if (error) response.destroy();
  });
  response.on('close', () => onward.destroy());
});

server.on('connect', (request, client: net.Socket, head: Buffer) => {
  client.on('error', () => {});
  const address = addressOf(request.url);
  if (address === null) {
    refuse(client, 400);
    return;
  }
  const target = net.connect({ ...address, allowHalfOpen: true });
  const fail = () => refuse(client, 502);
  target.once('error', fail).setTimeout(CONNECT_TIMEOUT_MS, () => target.destroy(new Error('no connection in time')));
  target.once('connect', () => {
    target.off('error', fail).setTimeout(0);
    if (client.destroyed) return void target.destroy();
    answer(client, 200);
    join(client, head, target, Buffer.alloc(0));
  });
});

server.on('upgrade', (request, client: net.Socket, head: Buffer) => {
  client.on('error', () => {});
  const url = urlOf(request);
  if (url === null) {
    refuse(client, 400);
    return;
  }
  const onward = sendOn(request, url, ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '']);
  onward.setTimeout(CONNECT_TIMEOUT_MS, () => onward.destroy(new Error('no answer in time')));
  onward.once('error', () => refuse(client, 502));
  onward.once('response', (answered) => {
    answer(client, answered.statusCode ?? 502, headersOf(answered, ['Connection', 'close']));
    pipeline(answered, client, () => {});
  });
  onward.once('upgrade', (answered, target: net.Socket, targetHead: Buffer) => {
    target.setTimeout(0);
    if (client.destroyed) return void target.destroy();
    answer(client, 101, answered.rawHeaders);
    join(client, head, target, targetHead);
  });
  onward.end();
});

server.listen(Number(port), host, () => announce({ address: server.address() as AddressInfo }));
onStop(sharedReactor(), () => {
  server.close();
  server.closeAllConnections();
  stopped.abort();
});
