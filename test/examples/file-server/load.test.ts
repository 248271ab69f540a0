// examples/static-file-server under strain: large files, slow and vanishing clients, files that change while they are
// sent, and too few fds.
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dispose } from '../../helpers/owned.js';
import { eventually } from '../../helpers/patience.js';
import { bytes, connect, readExactly, readToEnd, sha256 } from '../clients.js';
import { makeFolder } from '../folder.js';
import { ask, requestText, responses, talk } from '../http-client.js';
import { type Running, start } from '../running.js';

const MIB = 1024 * 1024;
const large = bytes(64 * MIB);
const folder = makeFolder({ 'large.bin': large, 'medium.bin': large.subarray(0, 100_000), 'small.txt': 'small' });
const largeHash = sha256(large);

async function alive(server: Running): Promise<void> {
  expect((await ask(server.port(), '/small.txt')).body.toString()).toBe('small');
}

test('64 MiB arrive as they are, at once by several clients, by fetch and by node:http', async () => {
  const server = await start('static-file-server', [folder]);
  const url = `http://127.0.0.1:${server.port()}/large.bin`;
  const agent = dispose(Object.assign(new Agent({ keepAlive: true }), { close: () => agent.destroy() }));
  const byHttp = async (): Promise<string> => {
    const [response] = await once(get(url, { agent }), 'response');
    return sha256(Buffer.concat(await response.toArray()));
  };
  const byFetch = async (): Promise<string> => sha256(new Uint8Array(await (await fetch(url)).arrayBuffer()));
  expect(new Set(await Promise.all([byHttp(), byFetch(), byHttp()]))).toEqual(new Set([largeHash]));
  expect(await byHttp()).toBe(largeHash); // on the connection that was kept
});

test('pieces of a file by ranges make up the file', async () => {
  const server = await start('static-file-server', [folder]);
  const step = 7 * MIB + 13;
  const starts = Array.from({ length: Math.ceil(large.length / step) }, (_, i) => i * step);
  const text = starts.map((at) => requestText('/large.bin', { headers: { Range: `bytes=${at}-${at + step - 1}` } }));
  const found = responses(await talk(server.port(), text.join('')));
  expect(sha256(Buffer.concat(found.map(({ body }) => body)))).toBe(largeHash);
});

test('a hundred clients that keep their connections', async () => {
  const server = await start('static-file-server', [folder]);
  const client = async (): Promise<void> => {
    const socket = await connect(server.port());
    for (let i = 0; i < 5; i++) socket.write(requestText('/medium.bin'));
    socket.end();
    const found = responses(await readToEnd(socket));
    expect(found.map(({ body }) => body.equals(large.subarray(0, 100_000)))).toEqual(Array(5).fill(true));
  };
  await Promise.all(Array.from({ length: 100 }, client));
});

test('a client that does not read delays no other, costs no memory, and gets all in the end', async () => {
  const server = await start('static-file-server', [folder]);
  for (let i = 0; i < 50; i++) await alive(server);
  await server.rests();
  const before = server.ownBytes();
  const slow = await connect(server.port());
  slow.write(requestText('/large.bin').repeat(2));
  slow.end();
  await eventually('the first bytes', () => slow.readableLength > 0);
  for (let i = 0; i < 20; i++) await alive(server);
  await server.rests(1000);
  expect(server.ownBytes() - before).toBeLessThan(16 * MIB);
  const found = responses(await readToEnd(slow));
  expect(found.map(({ body }) => sha256(body))).toEqual([largeHash, largeHash]);
});

test('resets at every point leak nothing', async () => {
  const server = await start('static-file-server', [folder]);
  await alive(server);
  const before = server.openFds();
  const points = ['', 'GET', requestText('/small.txt'), requestText('/large.bin'), requestText('/large.bin').repeat(9)];
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      points.map(async (text, i) => {
        const socket = await connect(server.port());
        if (text !== '') socket.write(text);
        if (i > 1 && round % 2 === 0) await readExactly(socket, 100);
        socket.resetAndDestroy();
      }),
    );
  }
  await alive(server);
  await server.leaksNothing(before);
});

test.each([0, 10 * MIB])('a file cut to %i bytes while it is sent ends the connection', async (length) => {
  const own = makeFolder({ 'shrinking.bin': large, 'small.txt': 'small' });
  const server = await start('static-file-server', [own]);
  const socket = await connect(server.port());
  socket.write(requestText('/shrinking.bin'));
  const head = await readExactly(socket, 1000);
  expect(head.toString('latin1')).toContain(`Content-Length: ${large.length}\r\n`);
  const fd = openSync(join(own, 'shrinking.bin'), 'r+');
  ftruncateSync(fd, length);
  closeSync(fd);
  const rest = await readToEnd(socket).catch(() => Buffer.alloc(0)); // a FIN or a reset: not a hang
  expect(rest.length).toBeLessThan(large.length);
  await server.rests();
  await alive(server);
});

test('a file that grows while it is sent is sent as long as it was', async () => {
  const own = makeFolder({ 'growing.bin': large });
  const server = await start('static-file-server', [own]);
  const socket = await connect(server.port());
  socket.write(requestText('/growing.bin', { headers: { Connection: 'close' } }));
  await eventually('the first bytes', () => socket.readableLength > 0);
  const fd = openSync(join(own, 'growing.bin'), 'a');
  writeSync(fd, 'more');
  closeSync(fd);
  expect(sha256(responses(await readToEnd(socket))[0]?.body as Buffer)).toBe(largeHash);
});

test('slow senders and idle clients are closed when their time is up, others are not', async () => {
  const server = await start('static-file-server', ['--timeout', 4, folder]);
  const started = performance.now();
  const [idle, drip, busy] = [await connect(server.port()), await connect(server.port()), await connect(server.port())];
  const ends = [idle, drip].map((socket) => once(socket.resume(), 'end').then(() => performance.now()));
  let busyFor = 0;
  const timer = setInterval(() => {
    drip.write('G'); // never a whole request
    busy.write(requestText('/small.txt'));
    busyFor = performance.now() - started;
  }, 100);
  busy.resume();
  const [idleEnd, dripEnd] = (await Promise.all(ends)) as [number, number];
  clearInterval(timer);
  expect(idleEnd - started).toBeGreaterThanOrEqual(3900);
  expect(dripEnd).toBeLessThan(idleEnd);
  expect(busyFor).toBeGreaterThan(3500);
  expect(busy.destroyed).toBe(false);
});

test('a client that never takes what it asked for is closed in time, and the file with it', async () => {
  const server = await start('static-file-server', ['--timeout', 1, folder]);
  await alive(server);
  const before = server.openFds() + 1;
  const stuck = await connect(server.port());
  stuck.write(requestText('/large.bin'));
  await eventually('the server has closed it', () => server.openFds() < before, 10_000);
});

test('more clients than fds: 503 while no file can be opened, no busy loop, and recovery', async () => {
  const server = await start('static-file-server', [folder], { fdLimit: 64 });
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(server.port())));
  await eventually('no fd left', () => server.openFds() >= 63);
  await server.rests(1500);
  const [first, ...others] = sockets;
  first?.write(requestText('/small.txt'));
  first?.end();
  const [refused] = responses(await readToEnd(first as (typeof sockets)[0]));
  expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([503, '1']);
  // Each leaves once it was answered, which makes room for one more.
  await Promise.all(
    others.map(async (socket) => {
      socket.write(requestText('/small.txt'));
      socket.end();
      expect([200, 503]).toContain(responses(await readToEnd(socket))[0]?.status);
    }),
  );
  await alive(server);
});

test('Expect: 100-continue is answered without the body', async () => {
  const server = await start('static-file-server', [folder]);
  const socket = await connect(server.port());
  const headers = { Expect: '100-continue', 'Content-Length': '1000000' };
  socket.write(requestText('/small.txt', { method: 'PUT', headers }));
  const [response] = responses(await readToEnd(socket));
  expect([response?.status, response?.headers.get('connection')]).toEqual([405, 'close']);
  socket.write(Buffer.alloc(1_000_000)); // too late, but no reason to lose the answer
  socket.end();
});

test('SIGTERM in the middle of a transfer ends it with exit code 0', async () => {
  const server = await start('static-file-server', [folder]);
  const socket = await connect(server.port());
  socket.write(requestText('/large.bin'));
  await eventually('the first bytes', () => socket.readableLength > 0);
  expect(await server.stop()).toBe(0);
  expect(server.stderr).toBe('');
  await readToEnd(socket).catch(() => null);
  expect(readFileSync(join(folder, 'small.txt'), 'utf8')).toBe('small');
});
