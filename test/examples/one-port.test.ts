// examples/one-port: each protocol gets to its server, with every byte.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bytes, connect, readToEnd, roundTrip, sha256 } from './clients.js';
import { start } from './running.js';

const pem = fileURLToPath(new URL('../node/localhost.pem', import.meta.url));

test('HTTP, TLS by its name, and bytes that come back', async () => {
  const running = await start('one-port', ['0', pem]);
  const port = running.port();
  expect(await (await fetch(`http://127.0.0.1:${port}/path`)).text()).toBe('http: /path\n');
  const secure = tls.connect({ port, host: '127.0.0.1', servername: 'other.test', ca: readFileSync(pem) });
  expect((await readToEnd(secure)).toString()).toBe('tls: other.test\n');
  const echo = await connect(port);
  const sent = Buffer.concat([Buffer.from('0'), bytes(4 << 20)]);
  echo.end(sent);
  expect(sha256(await readToEnd(echo))).toBe(sha256(sent));
  expect(running.stderr).toBe('');
});

test('resets, silence and an end at once leak nothing; SIGTERM ends it', async () => {
  const running = await start('one-port', ['0', pem]);
  await roundTrip(await connect(running.port()), '1 is no capital');
  const before = running.openFds();
  net.connect(running.port(), '127.0.0.1').end();
  for (const hello of ['', 'GET /', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '0123', '\x16\x03\x01']) {
    const socket = await connect(running.port());
    socket.on('error', () => {});
    socket.write(hello, 'latin1', () => socket.resetAndDestroy());
  }
  await roundTrip(await connect(running.port()), '2');
  await running.leaksNothing(before + 1);
  await connect(running.port()); // says nothing
  expect(await running.stop()).toBe(0);
});
