// parseProxyHeader(): each form of the PROXY protocol, whatever the stream was cut into; and everything else refused,
// as soon as it is known. FUZZ_RUNS makes it longer.
import fc from 'fast-check';
import { type ProxyHeader, parseProxyHeader } from 'fdreactor/socket';
import { describe, expect, test } from 'vitest';
import { caught, expectArgumentType, expectBadArgument, expectOutOfRange } from '../helpers/throws.js';
import { crc32c } from './crc32c.js';
import { binary, ipv4Block, ipv6Block, SIGNATURE, summed, tlv, unixBlock } from './proxy-headers.js';

const numRuns = Number(process.env.FUZZ_RUNS ?? 300);
const v4 = ipv4Block('192.0.2.1', '198.51.100.2', 56_324, 443);
const client = { host: '192.0.2.1', port: 56_324 };
const server = { host: '198.51.100.2', port: 443 };
const none = { tlvs: [], authority: null, alpn: null, uniqueId: null, netns: null, ssl: null };
const ssl = (client: number, verify: number, ...parts: Buffer[]): Buffer =>
  tlv(0x20, Buffer.concat([Buffer.of(client, 0, 0, 0, verify), ...parts]));

const line = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Each form that the protocol has, and what it says. */
const forms: Record<string, [header: Buffer, says: Partial<ProxyHeader>]> = {
  'TCP4 of version 1': [
    line('PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n'),
    { version: 1, command: 'PROXY', protocol: 'stream', source: client, destination: server, ...none },
  ],
  'TCP6 of version 1, in the longest form': [
    line(`PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`),
    { version: 1, source: { host: `${'ffff:'.repeat(7)}ffff`, port: 65_535 } },
  ],
  'TCP6 of version 1, in a form that the system shortens': [
    line('PROXY TCP6 2001:DB8:0:0:0:0:0:1 ::1 0 1\r\n'),
    { source: { host: '2001:db8::1', port: 0 }, destination: { host: '::1', port: 1 } },
  ],
  'UNKNOWN of version 1': [
    line('PROXY UNKNOWN\r\n'),
    { version: 1, command: 'PROXY', protocol: null, source: null, destination: null, ...none },
  ],
  'UNKNOWN of version 1 with addresses, in the longest line': [
    line(`PROXY UNKNOWN ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`),
    { version: 1, source: null, destination: null },
  ],
  'IPv4 of version 2': [
    binary(0x21, 0x11, v4),
    { version: 2, command: 'PROXY', protocol: 'stream', source: client, destination: server, ...none },
  ],
  'UDP over IPv4': [binary(0x21, 0x12, v4), { protocol: 'datagram', source: client }],
  'IPv6 of version 2': [
    binary(0x21, 0x21, ipv6Block('20010db8000000000000000000000001', `${'0'.repeat(31)}1`, 1, 2)),
    { protocol: 'stream', source: { host: '2001:db8::1', port: 1 }, destination: { host: '::1', port: 2 } },
  ],
  'UDP over IPv6': [
    binary(0x21, 0x22, ipv6Block('0'.repeat(32), 'f'.repeat(32), 0, 65_535)),
    { protocol: 'datagram', source: { host: '::', port: 0 }, destination: { host: expect.any(String), port: 65_535 } },
  ],
  'a Unix socket': [
    binary(0x21, 0x31, unixBlock('/run/client', '/run/server')),
    { protocol: 'stream', source: { path: '/run/client' }, destination: { path: '/run/server' } },
  ],
  'a Unix socket without a name, and one with an abstract one': [
    binary(0x21, 0x32, unixBlock('', '\0abstract')),
    { protocol: 'datagram', source: { path: '' }, destination: { path: '\0abstract' } },
  ],
  'a Unix path without room for its NUL': [
    binary(0x21, 0x31, unixBlock('x'.repeat(108), 'y'.repeat(108))),
    { source: { path: 'x'.repeat(108) }, destination: { path: 'y'.repeat(108) } },
  ],
  'no family, with a TLV': [
    binary(0x21, 0x00, tlv(2, 'example.com')),
    { command: 'PROXY', protocol: null, source: null, destination: null, authority: 'example.com' },
  ],
  'LOCAL, of which the rest is to be ignored': [
    binary(0x20, 0xff, Buffer.from('anything')),
    { version: 2, command: 'LOCAL', protocol: null, source: null, destination: null, ...none },
  ],
  'every TLV': [
    summed(
      binary(
        0x21,
        0x11,
        v4,
        tlv(1, 'h2'),
        tlv(2, 'münchen.example'),
        tlv(4, Buffer.alloc(5)),
        tlv(5, Buffer.alloc(128, 7)),
        tlv(0x30, 'blue'),
        ssl(0x07, 0, tlv(0x21, 'TLSv1.3'), tlv(0x22, 'someone'), tlv(0x23, 'AES'), tlv(0x24, 'SHA'), tlv(0x25, 'RSA')),
        tlv(0xea, Buffer.of(1, 2, 3)),
      ),
    ),
    {
      alpn: 'h2',
      authority: 'münchen.example',
      uniqueId: Buffer.alloc(128, 7),
      netns: 'blue',
      ssl: {
        overTls: true,
        verified: true,
        version: 'TLSv1.3',
        commonName: 'someone',
        cipher: 'AES',
        signatureAlgorithm: 'SHA',
        keyAlgorithm: 'RSA',
      },
      tlvs: expect.arrayContaining([{ type: 0xea, value: Buffer.of(1, 2, 3) }]),
    },
  ],
  // A header as a load balancer of Amazon sends it: a checksum that another program has made.
  'a header of another program': [
    Buffer.concat([
      SIGNATURE,
      Buffer.from('21110054ac1f0771ac1f0a1fc8f20050030004e8d6892dea001701', 'hex'),
      Buffer.from('vpce-08d2bf15fac5001c9'),
      Buffer.from('040024', 'hex'),
      Buffer.alloc(36),
    ]),
    { source: { host: '172.31.7.113', port: 51_442 }, destination: { host: '172.31.10.31', port: 80 } },
  ],
};

function expectRefused(bytes: Uint8Array, reason = /./): void {
  const error = caught(() => parseProxyHeader(bytes));
  expect(error).toMatchObject({ name: 'RangeError', code: 'ERR_PROXY_HEADER' });
  expect(error.message).toMatch(reason);
}

describe.each(Object.entries(forms))('%s', (_, [header, says]) => {
  test('is read, and what follows is left alone', () => {
    for (const payload of ['', 'GET / HTTP/1.1\r\n\r\n', '\r\n', header.toString('latin1')]) {
      const stream = Buffer.concat([header, Buffer.from(payload, 'latin1')]);
      const before = Buffer.from(stream);
      expect(parseProxyHeader(stream)).toMatchObject({ headerBytes: header.length, ...says });
      expect(stream.equals(before)).toBe(true);
    }
  });

  test('cut anywhere it is not whole yet, and then the same', () => {
    const whole = parseProxyHeader(header);
    for (let length = 0; length < header.length; length++) {
      expect(parseProxyHeader(header.subarray(0, length)), `${length} bytes`).toBe(null);
    }
    expect(parseProxyHeader(new Uint8Array(header))).toEqual(whole);
  });

  test('what is read shares no memory with the stream', () => {
    const stream = Buffer.from(header);
    const read = parseProxyHeader(stream);
    stream.fill(0);
    expect(read).toEqual(parseProxyHeader(header));
  });
});

describe('refused', () => {
  const lines: Record<string, [text: string, reason: RegExp]> = {
    'a request': ['GET / HTTP/1.1\r\n', /begins otherwise/],
    'lower case': ['proxy TCP4 ', /begins otherwise/],
    'another word': ['PROXYING', /begins otherwise/],
    'a tab': ['PROXY\tTCP4', /begins otherwise/],
    'an unknown family': ['PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n', /another form/],
    'UNKNOWN that goes on': ['PROXY UNKNOWNS\r\n', /another form/],
    'no family': ['PROXY \r\n', /another form/],
    'a word too few': ['PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n', /another form/],
    'a word too many': ['PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n', /another form/],
    'two spaces': ['PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n', /another form/],
    'a space at the end': ['PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n', /another form/],
    'a line feed alone': ['PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n', /CR and LF/],
    'a carriage return alone': ['PROXY TCP4 1.1.1.1 1.1.1.1 1 1\rX', /CR and LF/],
    'a line of 108 bytes': [`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, /longer than 107/],
    'a line that does not end': [`PROXY UNKNOWN ${'x'.repeat(93)}`, /longer than 107/],
    'a port above 65535': ['PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n', /port/],
    'a port below 0': ['PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n', /port/],
    'a port with a zero before it': ['PROXY TCP4 1.1.1.1 1.1.1.1 1 01\r\n', /port/],
    'a port that is no number': ['PROXY TCP4 1.1.1.1 1.1.1.1 1e3 1\r\n', /port/],
    'an address of the other family': ['PROXY TCP4 ::1 ::1 1 1\r\n', /IPv4/],
    'the other way round': ['PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n', /IPv6/],
    'a number above 255': ['PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n', /IPv4/],
    'three numbers': ['PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n', /IPv4/],
    'an octal number': ['PROXY TCP4 010.1.1.1 1.1.1.1 1 1\r\n', /IPv4/],
    'a name': ['PROXY TCP4 localhost 1.1.1.1 1 1\r\n', /IPv4/],
    'a scope': ['PROXY TCP6 fe80::1%lo ::1 1 1\r\n', /IPv6/],
    'two gaps': ['PROXY TCP6 1::1::1 ::1 1 1\r\n', /IPv6/],
    'a NUL': ['PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n', /IPv4/],
  };
  test.each(Object.entries(lines))('%s in version 1', (_, [text, reason]) => expectRefused(line(text), reason));

  const wrongSum = summed(binary(0x21, 0x11, v4));
  wrongSum[20] = 1;
  const badSum = binary(0x21, 0x11, v4, tlv(3, 'abc'));
  const headers: Record<string, [bytes: Buffer, reason: RegExp]> = {
    'another signature': [Buffer.from('\r\n\r\n\0\r\nQUIT\r', 'latin1'), /begins otherwise/],
    'version 1 in binary': [binary(0x11, 0x11, v4), /version or command/],
    'version 3': [binary(0x31, 0x11, v4), /version or command/],
    'an unknown command': [binary(0x22, 0x11, v4), /version or command/],
    'an unknown family': [binary(0x21, 0x41, v4), /family/],
    'an unknown protocol': [binary(0x21, 0x13, v4), /family/],
    'a family without a protocol': [binary(0x21, 0x10, v4), /family/],
    'a protocol without a family': [binary(0x21, 0x01, v4), /family/],
    'no room for IPv4': [binary(0x21, 0x11, v4.subarray(1)), /no room/],
    'no room for IPv6': [binary(0x21, 0x21, Buffer.alloc(35)), /no room/],
    'no room for paths': [binary(0x21, 0x31, Buffer.alloc(215)), /no room/],
    'a TLV that is cut off': [binary(0x21, 0x11, v4, Buffer.of(4, 0)), /cut off/],
    'a TLV that is too long': [binary(0x21, 0x11, v4, Buffer.of(4, 0, 2, 0)), /longer than what is left/],
    'a wrong checksum': [wrongSum, /checksum is wrong/],
    'a checksum of three bytes': [badSum, /four bytes/],
    'two checksums': [summed(summed(binary(0x21, 0x11, v4))), /checksum/],
    'a long unique id': [binary(0x21, 0x11, v4, tlv(5, Buffer.alloc(129))), /unique id/],
    'TLS that is cut off': [binary(0x21, 0x11, v4, tlv(0x20, Buffer.alloc(4))), /TLS/],
    'TLS with a TLV that is too long': [binary(0x21, 0x11, v4, ssl(1, 0, Buffer.of(0x21, 0, 9))), /longer than what/],
  };
  test.each(Object.entries(headers))('%s in version 2', (_, [bytes, reason]) => expectRefused(bytes, reason));

  test('as soon as it is known, and not when the rest has come', () => {
    expectRefused(line('X'));
    expectRefused(line('PX'));
    expectRefused(Buffer.from('\r\n\r\n\r'));
    expectRefused(binary(0x31, 0x11).subarray(0, 13));
    expectRefused(binary(0x21, 0x99).subarray(0, 14));
    expectRefused(Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x11, 0, 11)]), /no room/);
  });
});

test('a client is verified only if it gave a certificate', () => {
  const verified = (client: number, verify: number): unknown =>
    parseProxyHeader(binary(0x21, 0x11, v4, ssl(client, verify)))?.ssl?.verified;
  expect([verified(1, 0), verified(3, 0), verified(5, 0), verified(3, 1)]).toEqual([false, true, true, false]);
});

test('what is longer than the program takes is refused when its length is known', () => {
  const header = binary(0x21, 0x11, v4, tlv(4, Buffer.alloc(85)));
  expect(parseProxyHeader(header, { maxBytes: header.length })?.headerBytes).toBe(116);
  const error = caught(() => parseProxyHeader(header.subarray(0, 16), { maxBytes: 115 }));
  expect(error).toMatchObject({ code: 'ERR_PROXY_HEADER', message: expect.stringContaining('115 bytes') });
});

test('the longest that version 2 can say', () => {
  const header = binary(0x21, 0x11, v4, tlv(4, Buffer.alloc(65_535 - 12 - 3)));
  expect(parseProxyHeader(header.subarray(0, -1))).toBe(null);
  expect(parseProxyHeader(Buffer.concat([header, header]))?.headerBytes).toBe(16 + 65_535);
});

test('wrong arguments are named', () => {
  expectArgumentType(() => parseProxyHeader('PROXY' as unknown as Uint8Array));
  expectArgumentType(() => parseProxyHeader(Buffer.alloc(1), null as unknown as object));
  expectOutOfRange(() => parseProxyHeader(Buffer.alloc(1), { maxBytes: 106 }));
  expectOutOfRange(() => parseProxyHeader(Buffer.alloc(1), { maxBytes: 65_552 }));
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  expectBadArgument(() => parseProxyHeader(detached));
});

describe('fuzz', () => {
  /** A whole header, nothing yet, or the typed error; never anything else. */
  function outcome(bytes: Uint8Array): ProxyHeader | 'incomplete' | 'refused' {
    try {
      return parseProxyHeader(bytes) ?? 'incomplete';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_PROXY_HEADER') throw error;
      return 'refused';
    }
  }

  /** What one byte after the other says is what all at once say, from the byte that decides on. */
  function checkEveryCut(stream: Buffer): void {
    const all = outcome(stream);
    let decided = false;
    for (let length = 0; length <= stream.length; length++) {
      const now = outcome(stream.subarray(0, length));
      if (decided || now !== 'incomplete') expect(now).toEqual(all);
      decided ||= now !== 'incomplete';
    }
    expect(decided).toBe(all !== 'incomplete');
    if (typeof all === 'object') expect(all.headerBytes).toBeLessThanOrEqual(stream.length);
  }

  const port = fc.integer({ min: 0, max: 65_535 });
  const octets = (length: number): fc.Arbitrary<Buffer> =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
  const tlvs = fc
    .array(fc.tuple(fc.integer({ min: 0x80, max: 0xff }), fc.uint8Array({ maxLength: 40 })), { maxLength: 4 })
    .map((list) => Buffer.concat(list.map(([type, value]) => tlv(type, Buffer.from(value)))));
  const anyHeader = fc.oneof(
    fc.tuple(fc.ipV4(), fc.ipV4(), port, port).map(([a, b, c, d]) => line(`PROXY TCP4 ${a} ${b} ${c} ${d}\r\n`)),
    fc.tuple(octets(12), tlvs).map((parts) => summed(binary(0x21, 0x11, ...parts))),
    fc.tuple(octets(36), tlvs).map((parts) => binary(0x21, 0x22, ...parts)),
    fc.tuple(octets(216), tlvs).map((parts) => summed(binary(0x21, 0x31, ...parts))),
    fc.tuple(octets(20)).map((parts) => binary(0x20, 0, ...parts)),
  );

  test('any header, split at every byte, with anything behind it', () => {
    const property = fc.property(anyHeader, fc.uint8Array({ maxLength: 30 }), (header, payload) => {
      const stream = Buffer.concat([header, payload]);
      checkEveryCut(stream);
      expect(parseProxyHeader(stream)?.headerBytes).toBe(header.length);
    });
    fc.assert(property, { numRuns });
  });

  test('a header with any byte changed, lost or added', () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom('set', 'drop', 'add'), fc.integer({ min: 0, max: 255 }));
    const property = fc.property(anyHeader, fc.array(change, { minLength: 1, maxLength: 3 }), (header, changes) => {
      const bytes = [...header];
      for (const [at, how, byte] of changes) {
        const place = at % Math.max(1, bytes.length);
        if (how === 'set') bytes[place] = byte;
        else bytes.splice(place, how === 'drop' ? 1 : 0, ...(how === 'drop' ? [] : [byte]));
      }
      checkEveryCut(Buffer.from(bytes));
    });
    fc.assert(property, { numRuns });
  });

  test('random bytes, and random bytes behind the beginning of a header', () => {
    const starts = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', SIGNATURE.toString('latin1'));
    const property = fc.property(starts, fc.uint8Array({ maxLength: 200 }), (start, bytes) => {
      checkEveryCut(Buffer.concat([Buffer.from(start, 'latin1'), bytes]));
    });
    fc.assert(property, { numRuns });
  });

  test('a checksum finds every byte that is changed', () => {
    const header = summed(binary(0x21, 0x11, v4, tlv(0xe0, 'some text')));
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283); // the check value of CRC-32C
    for (let i = 16; i < header.length; i++) {
      const spoilt = Buffer.from(header);
      spoilt[i] = (spoilt[i] as number) ^ 0x40;
      // In the head of the checksum's own TLV it is another field, or has another length.
      if (i < header.length - 7 || i >= header.length - 4) expectRefused(spoilt);
    }
  });
});
