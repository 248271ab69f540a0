// The request parser of the examples: the same requests come out however the stream is cut, and what is wrong is
// refused.
import { expect, test } from 'vitest';
import {
  HttpParseError,
  HttpParser,
  type HttpRequest,
  MAX_HEAD_BYTES,
  MAX_URL_BYTES,
} from '../../examples/file-server/http-parser.js';

const STREAM = Buffer.from(
  [
    'GET /a?b HTTP/1.1\r\nHost:\r\nX-Blank: \r\nX-Next: v\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    'POST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc',
    'PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\nTrailer-Name: t\r\n\r\n',
    'GET /d HTTP/1.0\r\nAccept: text/plain\r\n\r\n',
  ].join(''),
);

function parse(stream: Uint8Array, step: number): HttpRequest[] {
  const requests: HttpRequest[] = [];
  const parser = new HttpParser((request) => requests.push(request));
  for (let at = 0; at < stream.length; at += step) parser.execute(stream.subarray(at, at + step));
  parser.close();
  return requests;
}

function refusal(text: string): HttpParseError {
  const parser = new HttpParser(() => {});
  try {
    parser.execute(Buffer.from(text, 'latin1'));
  } catch (error) {
    return error as HttpParseError;
  } finally {
    parser.close();
  }
  throw new Error('it was not refused');
}

test('one stream gives the same requests however it is cut', () => {
  const whole = parse(STREAM, STREAM.length);
  expect(whole.map(({ method, url, httpMinor, keepAlive }) => [method, url, httpMinor, keepAlive])).toEqual([
    ['GET', '/a?b', 1, true],
    ['POST', '/b', 1, true],
    ['PUT', '/c', 1, true],
    ['GET', '/d', 0, false],
  ]);
  expect(whole[0]?.headers).toEqual([
    'Host',
    '',
    'X-Blank',
    '',
    'X-Next',
    'v',
    'Connection',
    'Upgrade',
    'Upgrade',
    'h2c',
  ]);
  expect(whole[2]?.headers).toEqual(['Transfer-Encoding', 'chunked']);
  expect(whole[3]?.header('accept')).toBe('text/plain');
  expect(whole[3]?.header('range')).toBeUndefined();
  for (let step = 1; step <= 40; step++) expect(parse(STREAM, step)).toEqual(whole);
});

test('a stream longer than the window of the parser is read to its end', () => {
  const one = 'GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n';
  expect(parse(Buffer.from(one.repeat(5000)), Number.POSITIVE_INFINITY)).toHaveLength(5000);
});

test('a malformed request is refused with the status and the name of its fault', () => {
  expect(refusal('\x16\x03\x01\x02')).toMatchObject({ status: 400, code: 'HPE_INVALID_METHOD' });
  expect(refusal('GET / HTTP/1.1\r\nA b: 1\r\n\r\n')).toMatchObject({ status: 400, code: 'HPE_INVALID_HEADER_TOKEN' });
  const smuggled = 'GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n';
  expect(refusal(smuggled)).toMatchObject({ status: 400, code: 'HPE_INVALID_TRANSFER_ENCODING' });
});

test('a head over the limit is refused, in the URL as in the headers', () => {
  expect(refusal(`GET /${'x'.repeat(MAX_URL_BYTES)} HTTP/1.1\r\n`).status).toBe(414);
  expect(refusal(`GET / HTTP/1.1\r\nA: ${'x'.repeat(MAX_HEAD_BYTES)}\r\n\r\n`).status).toBe(431);
  expect(refusal(`GET / HTTP/1.1\r\n${'Name: value\r\n'.repeat(MAX_HEAD_BYTES)}\r\n`)).toBeInstanceOf(HttpParseError);
});

test('closing inside the callback ends the stream there, and what the callback throws comes out', () => {
  const seen: string[] = [];
  const parser = new HttpParser((request) => {
    seen.push(request.url);
    parser.close();
  });
  parser.execute(STREAM);
  expect(seen).toEqual(['/a?b']);
  expect(() => parser.execute(STREAM)).toThrow('after close');
  parser.close();

  const failing = new HttpParser(() => {
    throw new RangeError('from the callback');
  });
  expect(() => failing.execute(STREAM)).toThrow(new RangeError('from the callback'));
  failing.close();
});

test('ten thousand parsers at once keep their streams apart, and give their memory back', () => {
  for (let round = 0; round < 3; round++) {
    const urls: string[] = [];
    const parsers = Array.from({ length: 10_000 }, () => new HttpParser((request) => urls.push(request.url)));
    for (const [i, parser] of parsers.entries()) parser.execute(Buffer.from(`GET /${i} HT`));
    for (const parser of parsers) parser.execute(Buffer.from('TP/1.1\r\n\r\n'));
    expect(urls).toEqual(parsers.map((_, i) => `/${i}`));
    for (const parser of parsers) parser.close();
  }
});

test('a request that waits for its body can be seen before the body has come', () => {
  const requests: HttpRequest[] = [];
  const parser = new HttpParser((request) => requests.push(request));
  expect(parser.awaitingBody).toBeNull();
  parser.execute(Buffer.from('POST /b HTTP/1.1\r\nContent-Length: 3\r\n'));
  expect(parser.awaitingBody).toBeNull();
  parser.execute(Buffer.from('\r\nab'));
  expect([parser.awaitingBody?.url, requests.length]).toEqual(['/b', 0]);
  parser.execute(Buffer.from('c'));
  expect([parser.awaitingBody, requests.length]).toEqual([null, 1]);
  parser.close();
});

test('between two requests, and only there, a parser may serve another stream', () => {
  const urls: string[] = [];
  const parser = new HttpParser((request) => urls.push(request.url));
  const seen = ['GET /a HTTP/1.1\r\n\r\n', '\r\n', 'G', 'ET /b HTTP/1.1\r\n', '\r\n'].map((part) => {
    parser.execute(Buffer.from(part));
    return parser.isBetweenRequests;
  });
  expect([seen, urls]).toEqual([
    [true, true, false, false, true],
    ['/a', '/b'],
  ]);
  parser.close();
  expect(parser.isBetweenRequests).toBe(false);
});
