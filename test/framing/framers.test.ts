// Framers: the same frames come out however the stream is cut into chunks, in linear time, and never more than their
// limit is kept.

import fc from 'fast-check';
import { DelimiterFramer, FixedFramer, type Framer, LengthFramer, type LengthPrefix } from 'fdreactor/connection';
import { describe, expect, test } from 'vitest';
import { caught, expectArgumentType, expectBadArgument, expectOutOfRange } from '../helpers/throws.js';

function framesOf(framer: Framer, chunks: readonly Uint8Array[]): string[] {
  const frames: string[] = [];
  for (const chunk of chunks) framer.push(chunk, (frame) => frames.push(frame.toString('latin1')));
  return frames;
}

const encoders: Record<LengthPrefix, (length: number) => Buffer> = {
  uint8: (length) => Buffer.of(length),
  uint16be: (length) => Buffer.of(length >> 8, length & 255),
  uint16le: (length) => Buffer.of(length & 255, length >> 8),
  uint32be: (length) => Buffer.of(0, 0, length >> 8, length & 255),
  uint32le: (length) => Buffer.of(length & 255, length >> 8, 0, 0),
  varint: (length) => (length < 128 ? Buffer.of(length) : Buffer.of((length & 127) | 128, length >> 7)),
};

interface Kind {
  make: () => Framer;
  encode: (frame: Buffer) => Buffer;
  frame: fc.Arbitrary<string>;
}

const text = fc.string({ unit: fc.constantFrom('a', 'b', '\r', ' '), maxLength: 255 });
const kinds: Record<string, Kind> = {
  'a line feed': {
    make: () => new DelimiterFramer(),
    encode: (frame) => Buffer.concat([frame, Buffer.from('\n')]),
    frame: text,
  },
  'a delimiter of several bytes that repeats itself': {
    make: () => new DelimiterFramer({ delimiter: 'xxy' }),
    encode: (frame) => Buffer.concat([frame, Buffer.from('xxy')]),
    frame: text,
  },
  'frames of 7 bytes': {
    make: () => new FixedFramer(7),
    encode: (frame) => frame,
    frame: fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 7, maxLength: 7 }),
  },
  ...Object.fromEntries(
    (Object.keys(encoders) as LengthPrefix[]).map((prefix) => [
      `a length as ${prefix}`,
      {
        make: () => new LengthFramer({ prefix }),
        encode: (frame: Buffer) => Buffer.concat([encoders[prefix](frame.length), frame]),
        frame: text,
      },
    ]),
  ),
};

describe.each(Object.entries(kinds))('%s', (_, { make, encode, frame }) => {
  test('any frames in any chunks', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
        const stream = Buffer.concat(frames.map((each) => encode(Buffer.from(each, 'latin1'))));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const length = cuts.length === 0 ? stream.length : (cuts[i % cuts.length] as number);
          chunks.push(stream.subarray(at, at + length));
          at += length;
        }
        const framer = make();
        expect(framesOf(framer, chunks)).toEqual(frames);
        expect(framer.pending).toBe(0);
      }),
    );
  });

  test('a million single bytes take time in proportion, and nothing is kept of whole frames', () => {
    const one = encode(Buffer.from('abababa'));
    const framer = make();
    let frames = 0;
    for (let i = 0; i < 100_000; i++) {
      framer.push(one.subarray(i % one.length, (i % one.length) + 1), () => frames++);
    }
    expect(frames).toBe(Math.floor(100_000 / one.length));
    expect(framer.pending).toBeLessThan(one.length);
  });
});

test('a frame that is too long is an error as soon as that is known, and from then on', () => {
  const line = new DelimiterFramer({ maxBytes: 10 });
  expect(framesOf(line, [Buffer.from('0123456789\n')])).toEqual(['0123456789']);
  expect(caught(() => line.push(Buffer.from('0123456789ab'), () => {})).code).toBe('ERR_FRAME_TOO_LARGE');
  expect(caught(() => line.push(Buffer.from('\n'), () => {})).code).toBe('ERR_FRAME_TOO_LARGE');
  line.reset();
  expect(framesOf(line, [Buffer.from('again\n')])).toEqual(['again']);
  for (const [prefix, bytes] of [
    ['uint32be', [255, 255, 255, 255]],
    ['uint16le', [11, 0]],
    ['varint', [255, 255, 255, 255, 255]],
    ['varint', [255, 255, 255, 255, 15]],
  ] as const) {
    const framer = new LengthFramer({ prefix, maxBytes: 10 });
    expect(caught(() => framer.push(Buffer.from(bytes), () => {})).code, prefix).toBe('ERR_FRAME_TOO_LARGE');
  }
});

test('a frame that is whole in its chunk is not copied', () => {
  const chunk = Buffer.from('one\ntwo\n');
  const seen: boolean[] = [];
  new DelimiterFramer().push(chunk, (frame) => seen.push(frame.buffer === chunk.buffer));
  expect(seen).toEqual([true, true]);
});

test('memory that a large chunk took is given up again', () => {
  const framer = new DelimiterFramer({ maxBytes: 100 });
  let memory = 0;
  const measure = (frame: Buffer): void => {
    memory = frame.buffer.byteLength;
  };
  framer.push(Buffer.from('begun '), measure);
  framer.push(Buffer.alloc(65_536, 'x\n'), () => {});
  for (const part of ['be', 'gun\n']) framer.push(Buffer.from(part), measure);
  expect(memory).toBeLessThan(10_000); // Buffer.from() may take a part of its pool of 8 KiB
});

test('wrong options and arguments are named', () => {
  expectOutOfRange(() => new DelimiterFramer({ delimiter: '' }));
  expectOutOfRange(() => new DelimiterFramer({ maxBytes: -1 }));
  expectBadArgument(() => new LengthFramer({ prefix: 'uint64' as LengthPrefix }));
  expectOutOfRange(() => new FixedFramer(0));
  expectArgumentType(() => new DelimiterFramer().push('text' as unknown as Uint8Array, () => {}));
  expectArgumentType(() => new DelimiterFramer().push(Buffer.alloc(1), null as unknown as () => void));
});
