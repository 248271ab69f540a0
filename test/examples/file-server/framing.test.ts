// examples/static-file-server on the borders between requests: what RFC 9112 says a server has to refuse, since another
// reader of the same bytes would see other requests there. A refusal ends the connection: no byte after it is answered.
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../folder.js';
import { ask, requestText, responses, talk } from '../http-client.js';
import { start } from '../running.js';

const folder = makeFolder({ 'a.txt': 'text' });
const serve = async (): Promise<number> => (await start('static-file-server', [folder])).port();

/** A request with these header lines, and another request behind it. */
const withLines = (lines: string, version = '1.1', body = ''): string =>
  `POST /a.txt HTTP/${version}\r\n${lines}\r\n${body}${requestText('/a.txt')}`;
const withHost = (lines: string, body = ''): string => withLines(`Host: x\r\n${lines}`, '1.1', body);
const chunked = (body: string): string => withHost('Transfer-Encoding: chunked\r\n', body);

const refused: Record<string, Record<string, string>> = {
  Host: {
    none: withLines(''),
    'two of one value': withLines('Host: x\r\nHost: x\r\n'),
    'two of two values': withLines('Host: x\r\nhost: y\r\n'),
    'two, one empty': withLines('Host: x\r\nHOST:\r\n'),
    'two in HTTP/1.0': withLines('Host: x\r\nHost: y\r\n', '1.0'),
    'a list': withLines('Host: x, y\r\n'),
    'a URL': withLines('Host: http://x/\r\n'),
    'a path': withLines('Host: x/y\r\n'),
    'a user': withLines('Host: me@x\r\n'),
    'a space': withLines('Host: x y\r\n'),
    'a port that is not a number': withLines('Host: x:80a\r\n'),
    'two ports': withLines('Host: x:80:81\r\n'),
    'half a literal': withLines('Host: [::1\r\n'),
    'an address without brackets': withLines('Host: ::1\r\n'),
    'half an escape': withLines('Host: x%2\r\n'),
    'a byte above 127': withLines('Host: \xe9\r\n'),
    'a quote': withLines('Host: "x"\r\n'),
    'a NUL': withLines('Host: x\0\r\n'),
    'before a space and the colon': withLines('Host : x\r\n'),
    'in a folded line': withLines('Host:\r\n x\r\n'),
  },
  'Content-Length': {
    'two that differ': withHost('Content-Length: 1\r\nContent-Length: 2\r\n', 'xx'),
    'two alike': withHost('Content-Length: 1\r\nContent-Length: 1\r\n', 'x'),
    'a list': withHost('Content-Length: 1, 1\r\n', 'x'),
    'a sign': withHost('Content-Length: +1\r\n', 'x'),
    negative: withHost('Content-Length: -1\r\n', 'x'),
    hexadecimal: withHost('Content-Length: 0x1\r\n', 'x'),
    'a space within': withHost('Content-Length: 1 1\r\n', 'x'),
    empty: withHost('Content-Length:\r\n'),
    'more than 64 bits': withHost('Content-Length: 18446744073709551617\r\n', 'x'),
    'with Transfer-Encoding behind it': withHost('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'with Transfer-Encoding before it': withHost('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
    'with Transfer-Encoding: identity': withHost('Content-Length: 1\r\nTransfer-Encoding: identity\r\n', 'x'),
    'in a folded line': withHost('Content-Length:\r\n 1\r\n', 'x'),
  },
  'Transfer-Encoding': {
    'not chunked': withHost('Transfer-Encoding: gzip\r\n', 'x'),
    'chunked, but not last': withHost('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'),
    'chunked twice': withHost('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'),
    'in two lines': withHost('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n'),
    'a name that only begins so': withHost('Transfer-Encoding: chunkedx\r\n', '0\r\n\r\n'),
    'a name that only ends so': withHost('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    'in quotes': withHost('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'),
    'a vertical tab before it': withHost('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'),
    'in a folded line': withHost('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
    'in HTTP/1.0': withLines('Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n', '1.0', '0\r\n\r\n'),
  },
  chunks: {
    'a prefix of the size': chunked('0x1\r\nx\r\n0\r\n\r\n'),
    'a negative size': chunked('-1\r\nx\r\n0\r\n\r\n'),
    'a size of more than 64 bits': chunked('10000000000000001\r\nx\r\n0\r\n\r\n'),
    'a space behind the size': chunked('1 \r\nx\r\n0\r\n\r\n'),
    'a size that ends by LF': chunked('1\nx\r\n0\r\n\r\n'),
    'a size that ends by CR': chunked('1\rX\nx\r\n0\r\n\r\n'),
    'an extension with LF': chunked('1;a\nb\r\nx\r\n0\r\n\r\n'),
    'more data than the size': chunked('1\r\nxyz\r\n0\r\n\r\n'),
    'a trailer that is not a header': chunked('0\r\nA B: c\r\n\r\n'),
  },
  lines: {
    'a space before the colon': withHost('A : b\r\n'),
    'a tab before the colon': withHost('A\t: b\r\n'),
    'no colon': withHost('A\r\n'),
    'no name': withHost(': b\r\n'),
    'folded by a space': withHost('A: b\r\n c\r\n'),
    'folded by a tab': withHost('A: b\r\n\tc\r\n'),
    'folded, and empty before': withHost('A:\r\n b\r\n'),
    'folded behind the request line': withLines(' A: b\r\nHost: x\r\n'),
    'CR in a value': withHost('A: b\rc\r\n'),
    'CR in place of CRLF': withHost('A: b\rB: c\r\n'),
    'CR in a name': withHost('A\r: b\r\n'),
    'LF in place of CRLF': withHost('A: b\nB: c\r\n'),
    'LF behind the head': withHost('A: b\r\n\n'),
    'NUL in a name': withHost('A\0: b\r\n'),
    'NUL in a value': withHost('A: \0\r\n'),
    'a control character in a value': withHost('A: \x01\r\n'),
    'a byte above 127 in a name': withHost('A\xe9: b\r\n'),
    'brackets in a name': withHost('A(b): c\r\n'),
  },
};

// One server for a table: a process takes longer to start than all of these.
test.each(Object.entries(refused))('%s: 400, and the connection ends', async (_what, cases) => {
  const port = await serve();
  for (const [name, text] of Object.entries(cases)) {
    const found = responses(await talk(port, text));
    const seen = found.map(({ status, headers }) => [status, headers.get('connection')]);
    expect([name, seen]).toEqual([name, [[400, 'close']]]);
    expect((await ask(port, '/a.txt')).status).toBe(200); // others are served
  }
});

test('a coding that is not known here: 501, and the connection ends', async () => {
  const text = withHost('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n');
  const found = responses(await talk(await serve(), text));
  expect(found.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([[501, 'close']]);
});

describe('unusual requests that are valid', () => {
  test('values of Host', async () => {
    const port = await serve();
    const literals = ['[::1]', '[::1]:80', '[v1.x]', '127.0.0.1:8080'];
    for (const host of ['', 'x', 'x:', 'x:80', 'a-b_c.example', 'x%41', 'XN--4CA.de', ...literals]) {
      expect([host, (await ask(port, '/a.txt', { headers: { Host: host } })).status]).toEqual([host, 200]);
    }
  });

  test('HTTP/1.0 without Host; empty lines before a request; extensions of chunks and trailers', async () => {
    const port = await serve();
    expect(responses(await talk(port, 'GET /a.txt HTTP/1.0\r\n\r\n'))[0]?.status).toBe(200);
    const text = `\r\n\r\n${chunked('1;a=b\r\nx\r\n0\r\nTrailer: t\r\n\r\n')}`;
    expect(responses(await talk(port, text)).map(({ status }) => status)).toEqual([405, 200]);
  });
});
