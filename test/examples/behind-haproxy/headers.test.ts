// The PROXY headers of a real HAProxy, of both versions and with all its options, and of its health checks.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type ProxyHeader, parseProxyHeader } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { dispose } from '../../helpers/owned.js';
import { connect, readToEnd } from '../clients.js';
import { HaProxy } from './haproxy.js';

const pem = fileURLToPath(new URL('../../node/localhost.pem', import.meta.url));
const options = 'crc32c,unique-id,authority,ssl,cert-cn,cert-key,cert-sig,ssl-cipher';

/** A server that tells the headers that come, of version 1 and 2, and answers with what it got behind them. */
async function startServer(): Promise<{ port: number; headers: ProxyHeader[] }> {
  const headers: ProxyHeader[] = [];
  const server = createServer({ allowHalfOpen: true }, (client) => takeHeader(client, headers));
  dispose(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, headers };
}

function takeHeader(client: Socket, headers: ProxyHeader[]): void {
  let begun = Buffer.alloc(0);
  client.on('error', () => {}); // a health check ends by a reset
  client.on('data', function take(bytes) {
    begun = Buffer.concat([begun, bytes]);
    const header = parseProxyHeader(begun);
    if (header === null) return;
    headers.push(header);
    client.off('data', take).pipe(client);
    client.write(begun.subarray(header.headerBytes));
  });
}

const config = (serverPort: number, bind: string, send: string): string => `
global
  stats socket /replaced
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen test
  bind fd@3 ${bind}
  unique-id-format client-%cp
  server one 127.0.0.1:${serverPort} ${send}
`;

const cases: Record<string, [send: string, version: number]> = {
  'version 1': ['send-proxy', 1],
  'version 2': ['send-proxy-v2', 2],
  'version 2 with a checksum': ['send-proxy-v2 proxy-v2-options crc32c', 2],
};

test.each(Object.entries(cases))('%s: the address of the client, and every byte behind it', async (_, given) => {
  const [send, version] = given;
  const { port, headers } = await startServer();
  const proxy = await HaProxy.start(config(port, '', send));
  const client = await connect(proxy.port);
  const { localPort } = client;
  client.end('every byte');
  expect((await readToEnd(client)).toString()).toBe('every byte');
  expect(headers).toMatchObject([
    {
      version,
      command: 'PROXY',
      protocol: 'stream',
      source: { host: '127.0.0.1', port: localPort },
      destination: { host: '127.0.0.1', port: proxy.port },
    },
  ]);
});

test('every TLV of a client over TLS', async () => {
  const { port, headers } = await startServer();
  const proxy = await HaProxy.start(
    config(port, `ssl crt ${pem} alpn http/1.1`, `send-proxy-v2 proxy-v2-options ${options}`),
  );
  const client = tls.connect({
    port: proxy.port,
    host: '127.0.0.1',
    servername: 'some.example',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  });
  client.end('over TLS');
  await once(client, 'secureConnect');
  const { localPort } = client;
  expect((await readToEnd(client)).toString()).toBe('over TLS');
  const [header] = headers;
  expect(header).toMatchObject({ version: 2, authority: 'some.example', alpn: 'http/1.1' });
  expect(header?.uniqueId?.toString()).toBe(`client-${localPort}`);
  expect(header?.ssl).toMatchObject({
    overTls: true,
    verified: false, // it gave no certificate, and HAProxy says 0 all the same
    version: expect.stringMatching(/^TLSv1\.[23]$/),
    commonName: null,
    cipher: expect.stringContaining('AES'),
    signatureAlgorithm: expect.any(String),
    keyAlgorithm: expect.any(String),
  });
});

test('a health check is LOCAL', async () => {
  const { port, headers } = await startServer();
  await HaProxy.start(config(port, '', 'check inter 50ms check-send-proxy send-proxy-v2 proxy-v2-options crc32c'));
  while (headers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(headers[0]).toMatchObject({ version: 2, command: 'LOCAL', source: null, destination: null, tlvs: [] });
});
