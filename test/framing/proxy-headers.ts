// Headers of the PROXY protocol, written by the tests' own hand: the parser's opposite.
import { crc32c } from './crc32c.js';

export const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

export function tlv(type: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.of(type, bytes.length >> 8, bytes.length & 255), bytes]);
}

export function binary(command: number, family: number, ...parts: Buffer[]): Buffer {
  const rest = Buffer.concat(parts);
  return Buffer.concat([SIGNATURE, Buffer.of(command, family, rest.length >> 8, rest.length & 255), rest]);
}

export function ipv4Block(source: string, destination: string, sourcePort: number, destinationPort: number): Buffer {
  const block = Buffer.alloc(12);
  block.set(source.split('.').map(Number), 0);
  block.set(destination.split('.').map(Number), 4);
  block.writeUInt16BE(sourcePort, 8);
  block.writeUInt16BE(destinationPort, 10);
  return block;
}

/** The addresses in hexadecimal. */
export function ipv6Block(source: string, destination: string, sourcePort: number, destinationPort: number): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  return Buffer.concat([Buffer.from(source, 'hex'), Buffer.from(destination, 'hex'), ports]);
}

export function unixBlock(source: string, destination: string): Buffer {
  const block = Buffer.alloc(216);
  block.write(source, 0);
  block.write(destination, 108);
  return block;
}

/** The same header with a checksum at its end. */
export function summed(header: Buffer): Buffer {
  const whole = Buffer.concat([header, tlv(3, Buffer.alloc(4))]);
  whole.writeUInt16BE(whole.length - 16, 14);
  whole.writeUInt32BE(crc32c(whole), whole.length - 4);
  return whole;
}
