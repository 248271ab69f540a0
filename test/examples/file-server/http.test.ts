// examples/static-file-server as a speaker of HTTP: what RFC 9110 and 9112 say, and what malformed requests get.
import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../folder.js';
import { ask, requestText, responses, talk } from '../http-client.js';
import { start } from '../running.js';

const TEXT = '0123456789abcdefghij';
const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT';
const folder = makeFolder({
  'a.txt': TEXT,
  'empty.bin': '',
  'sub/index.html': '<p>sub</p>',
  'bare/x': '',
  'space & ü.json': '{}',
  'style.css': 'a{}',
  'script.js': '1',
});
utimesSync(join(folder, 'a.txt'), new Date(MODIFIED), new Date(MODIFIED));
const serve = async (): Promise<number> => (await start('static-file-server', [folder])).port();

describe('GET and HEAD', () => {
  test('the file, with what is known about it', async () => {
    const { status, headers, body } = await ask(await serve(), '/a.txt?query#part');
    expect([status, body.toString()]).toEqual([200, TEXT]);
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(headers.get('last-modified')).toBe(MODIFIED);
    expect(headers.get('etag')).toMatch(/^"[\w-]+"$/);
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(Math.abs(Date.parse(headers.get('date') as string) - Date.now())).toBeLessThan(10_000);
    expect(headers.has('connection')).toBe(false);
  });

  test('HEAD has the same head and no body', async () => {
    const port = await serve();
    const [get, head] = [await ask(port, '/a.txt'), await ask(port, '/a.txt', { method: 'HEAD' })];
    expect(head.body).toHaveLength(0);
    expect([...head.headers.keys()]).toEqual([...get.headers.keys()]);
    expect(head.headers.get('content-length')).toBe(String(TEXT.length));
    const missing = await ask(port, '/missing', { method: 'HEAD' });
    expect([missing.status, missing.body.length]).toEqual([404, 0]);
  });

  test('an empty file, names that need encoding, content types, whole URLs', async () => {
    const port = await serve();
    const empty = await ask(port, '/empty.bin');
    expect([empty.status, empty.headers.get('content-length')]).toEqual([200, '0']);
    expect(empty.headers.get('content-type')).toBe('application/octet-stream');
    expect((await ask(port, '/space%20%26%20%C3%BC.json')).headers.get('content-type')).toBe('application/json');
    expect((await ask(port, '/style.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect((await ask(port, '/script.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect((await ask(port, 'http://test/a.txt')).body.toString()).toBe(TEXT);
  });

  test('a folder is its index.html, with the slash that relative links need', async () => {
    const port = await serve();
    expect((await ask(port, '/sub/')).body.toString()).toBe('<p>sub</p>');
    const moved = await ask(port, '/sub?x');
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/sub/']);
    expect((await ask(port, '//sub')).headers.get('location')).toBe('/sub/'); // never another host
    expect((await ask(port, '/bare/')).status).toBe(404);
    expect((await ask(port, '/')).status).toBe(404);
    expect((await ask(port, '/a.txt/')).status).toBe(404);
  });
});

describe('ranges', () => {
  const cases: [range: string, status: number, body: string, contentRange?: string][] = [
    ['bytes=0-0', 206, '0', `bytes 0-0/20`],
    ['bytes=5-9', 206, '56789', 'bytes 5-9/20'],
    ['bytes=15-', 206, 'fghij', 'bytes 15-19/20'],
    ['bytes=-3', 206, 'hij', 'bytes 17-19/20'],
    ['bytes=-500', 206, TEXT, 'bytes 0-19/20'],
    ['bytes=10-99999999999999999999', 206, 'abcdefghij', 'bytes 10-19/20'],
    ['bytes=20-', 416, '416 Range Not Satisfiable\n', 'bytes */20'],
    ['bytes=99999999999999999999-', 416, '416 Range Not Satisfiable\n', 'bytes */20'],
    ['bytes=-0', 416, '416 Range Not Satisfiable\n', 'bytes */20'],
    ['bytes=0-1,3-4', 200, TEXT],
    ['bytes=5-4', 200, TEXT],
    ['bytes=-', 200, TEXT],
    ['bytes=a-b', 200, TEXT],
    ['lines=1-2', 200, TEXT],
  ];

  test.each(cases)('%s gets %i', async (range, status, body, contentRange) => {
    const response = await ask(await serve(), '/a.txt', { headers: { Range: range } });
    expect([response.status, response.body.toString()]).toEqual([status, body]);
    expect(response.headers.get('content-range')).toBe(contentRange);
  });

  test('If-Range: the part of the same file, the whole of another', async () => {
    const port = await serve();
    const etag = (await ask(port, '/a.txt')).headers.get('etag') as string;
    const status = async (ifRange: string): Promise<number> =>
      (await ask(port, '/a.txt', { headers: { Range: 'bytes=0-1', 'If-Range': ifRange } })).status;
    expect(await status(etag)).toBe(206);
    expect(await status(MODIFIED)).toBe(206);
    expect(await status('"other"')).toBe(200);
    expect(await status('Mon, 07 Nov 1994 08:49:37 GMT')).toBe(200);
  });

  test('a range of nothing, or by HEAD, is not a range', async () => {
    const port = await serve();
    expect((await ask(port, '/empty.bin', { headers: { Range: 'bytes=-5' } })).status).toBe(200);
    expect((await ask(port, '/empty.bin', { headers: { Range: 'bytes=0-' } })).status).toBe(416);
    const head = await ask(port, '/a.txt', { method: 'HEAD', headers: { Range: 'bytes=0-1' } });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '20']);
  });
});

describe('conditions', () => {
  test('they are asked in the order of RFC 9110', async () => {
    const port = await serve();
    const etag = (await ask(port, '/a.txt')).headers.get('etag') as string;
    const [earlier, later] = ['Sat, 05 Nov 1994 08:49:37 GMT', 'Mon, 07 Nov 1994 08:49:37 GMT'];
    const cases: [Record<string, string>, number][] = [
      [{ 'If-Modified-Since': MODIFIED }, 304],
      [{ 'If-Modified-Since': later }, 304],
      [{ 'If-Modified-Since': earlier }, 200],
      [{ 'If-Modified-Since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 304],
      [{ 'If-Modified-Since': 'Sun Nov  6 08:49:37 1994' }, 304],
      [{ 'If-Modified-Since': 'Sun Nov  6 08:49:36 1994' }, 200],
      [{ 'If-Modified-Since': 'yesterday' }, 200],
      [{ 'If-Modified-Since': '2094' }, 200],
      [{ 'If-None-Match': etag }, 304],
      [{ 'If-None-Match': `"x", W/${etag}` }, 304],
      [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"x"', 'If-Modified-Since': later }, 200],
      [{ 'If-Match': '"x"' }, 412],
      [{ 'If-Match': `W/${etag}` }, 412],
      [{ 'If-Match': `"x", ${etag}`, 'If-Unmodified-Since': earlier }, 200],
      [{ 'If-Unmodified-Since': earlier }, 412],
      [{ 'If-Unmodified-Since': later }, 200],
      [{ 'If-Modified-Since': later, Range: 'bytes=0-1' }, 304],
    ];
    for (const [headers, status] of cases) {
      expect([headers, (await ask(port, '/a.txt', { headers })).status]).toEqual([headers, status]);
    }
  });

  test('304 has no body and says what it is about', async () => {
    const { headers, body } = await ask(await serve(), '/a.txt', { headers: { 'If-Modified-Since': MODIFIED } });
    expect([body.length, headers.has('content-length')]).toEqual([0, false]);
    expect(headers.get('last-modified')).toBe(MODIFIED);
    expect(headers.has('etag')).toBe(true);
  });
});

describe('connections', () => {
  const methods = ['GET', 'HEAD', 'GET', 'GET', 'GET'];
  const pipelined = [
    requestText('/a.txt'),
    requestText('/a.txt', { method: 'HEAD' }),
    requestText('/missing'),
    requestText('/a.txt', { headers: { Range: 'bytes=1-2' } }),
    requestText('/sub/', { headers: { Connection: 'close' } }),
    requestText('/a.txt'),
  ].join('');

  test.each([Number.POSITIVE_INFINITY, 1, 7, 100])('pipelined requests, sent %i bytes at a time', async (step) => {
    const found = responses(await talk(await serve(), pipelined, step), methods);
    const bodies = found.map(({ body }) => body.toString());
    expect(bodies).toEqual([TEXT, '', '404 Not Found\n', '12', '<p>sub</p>']);
    expect(found.at(-1)?.headers.get('connection')).toBe('close'); // and the request after it gets nothing
  });

  test('ten thousand pipelined requests are answered in order', async () => {
    const ranges = Array.from({ length: 10_000 }, (_, i) => i % TEXT.length);
    const text = ranges.map((i) => requestText('/a.txt', { headers: { Range: `bytes=${i}-${i}` } })).join('');
    const found = responses(await talk(await serve(), text));
    expect(found.map(({ body }) => body.toString()).join('')).toBe(ranges.map((i) => TEXT[i]).join(''));
  });

  test('HTTP/1.0 closes unless it is asked not to', async () => {
    const port = await serve();
    const closing = responses(await talk(port, 'GET /a.txt HTTP/1.0\r\n\r\nGET /a.txt HTTP/1.0\r\n\r\n'));
    expect(closing.map(({ headers }) => headers.get('connection'))).toEqual(['close']);
    const keeping = responses(await talk(port, 'GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(2)));
    expect(keeping.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'keep-alive']);
  });

  test('the body of a request is not taken for a request', async () => {
    const inner = requestText('/a.txt');
    const sized = requestText('/sub/', { headers: { 'Content-Length': String(inner.length) } });
    const chunked = requestText('/sub/', { headers: { 'Transfer-Encoding': 'chunked' } });
    const chunks = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
    const text = sized + inner + chunked + chunks + requestText('/a.txt');
    const found = responses(await talk(await serve(), text));
    expect(found.map(({ body }) => body.toString())).toEqual(['<p>sub</p>', '<p>sub</p>', TEXT]);
  });
});

describe('what is refused', () => {
  const cases: [what: string, text: string, status: number][] = [
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a version that is not', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    ['HTTP/0.9', 'GET /\r\n\r\n', 400],
    ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: x\r\n\r\n', 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a space in the target', 'GET /a .txt HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a byte above 127 in the target', 'GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['lines that end by LF', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['CONNECT, and what it would tunnel', `CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n${requestText('/a.txt')}`, 405],
    ['a bad percent sign', requestText('/%zz'), 400],
    ['half a character', requestText('/%c3'), 400],
    ['*', requestText('*'), 400],
    ['POST', requestText('/a.txt', { method: 'POST', headers: { 'Content-Length': '0' } }), 405],
    ['an unknown method', requestText('/a.txt', { method: 'FROB' }), 400],
    ['DELETE', requestText('/a.txt', { method: 'DELETE' }), 405],
    ['a long URL', requestText(`/${'x'.repeat(9000)}`), 414],
    ['a very long URL', requestText(`/${'x'.repeat(100_000)}`), 414],
    ['a long name of a file', requestText(`/${'x'.repeat(300)}`), 404],
    ['a large header', requestText('/a.txt', { headers: { Cookie: 'x'.repeat(100_000) } }), 431],
    ['many headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(20_000)}\r\n`, 431],
  ];

  test.each(cases)('%s', async (_what, text, status) => {
    const port = await serve();
    const [response, ...more] = responses(await talk(port, text));
    expect([response?.status, more.length]).toEqual([status, 0]);
    expect((await ask(port, '/a.txt')).status).toBe(200); // others are served
  });

  test('405 says what is allowed; a refusal keeps the connection, a parse error ends it', async () => {
    const port = await serve();
    const post = requestText('/a.txt', { method: 'POST', headers: { 'Content-Length': '3' } });
    const found = responses(
      await talk(port, `${post}abc${requestText('/a.txt')}nonsense\r\n\r\n${requestText('/a.txt')}`),
    );
    expect(found.map(({ status }) => status)).toEqual([405, 200, 400]);
    expect(found[0]?.headers.get('allow')).toBe('GET, HEAD');
    expect(found[2]?.headers.get('connection')).toBe('close');
  });
});

test('the entity tag follows the file', async () => {
  const { size, mtimeMs } = statSync(join(folder, 'a.txt'));
  expect([size, mtimeMs]).toEqual([TEXT.length, Date.parse(MODIFIED)]);
  const port = await serve();
  const tags = await Promise.all(['/a.txt', '/style.css', '/script.js'].map((url) => ask(port, url)));
  expect(new Set(tags.map(({ headers }) => headers.get('etag'))).size).toBe(3);
});
