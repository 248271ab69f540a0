// The header with which a proxy begins a connection: the PROXY protocol of HAProxy, versions 1 (a line of text) and 2
// (binary), https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt. Exported as fdreactor/socket.
//
// Bytes are judged as soon as they are there, so that garbage is refused and not waited for. What must hold: no answer
// depends on how the stream was cut; nothing but a whole header of the protocol passes.
import { checkBytes, checkInteger, checkObject, NO_OPTIONS } from '../base/arguments.js';
import { native } from '../native/table.js';
import type { InternetAddress, UnixAddress } from './address.js';
import { fieldsOf, noFields, type ProxyFields, refused } from './proxy-tlvs.js';

export type { ProxyFields, ProxySsl, ProxyTlv } from './proxy-tlvs.js';

const LINE_START = Buffer.from('PROXY ', 'latin1');
/** Of a line, its end included. */
const MAX_LINE_BYTES = 107;
const PORT = /^(?:0|[1-9]\d{0,4})$/;
const MAX_PORT = 65_535;
const CR = 0x0d;
const LF = 0x0a;

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const VERSION_AND_COMMAND = 12;
const FAMILY_AND_PROTOCOL = 13;
const LENGTH = 14;
const ADDRESSES = 16;
/** What version 2 can say. */
const MAX_BYTES = ADDRESSES + 65_535;
const COMMANDS: Readonly<Record<number, 'LOCAL' | 'PROXY'>> = { 32: 'LOCAL', 33: 'PROXY' };
const UNSPECIFIED = 0x00;

/** What byte 13 says, and how many bytes its two addresses have. */
interface AddressKind {
  readonly family: 'none' | 'IPv4' | 'IPv6' | 'unix';
  readonly protocol: 'stream' | 'datagram' | null;
  readonly bytes: number;
}

const KINDS: Readonly<Record<number, AddressKind>> = {
  [UNSPECIFIED]: { family: 'none', protocol: null, bytes: 0 },
  17: { family: 'IPv4', protocol: 'stream', bytes: 12 },
  18: { family: 'IPv4', protocol: 'datagram', bytes: 12 },
  33: { family: 'IPv6', protocol: 'stream', bytes: 36 },
  34: { family: 'IPv6', protocol: 'datagram', bytes: 36 },
  49: { family: 'unix', protocol: 'stream', bytes: 216 },
  50: { family: 'unix', protocol: 'datagram', bytes: 216 },
};

/** What a proxy says of the connection that it passes on. */
export interface ProxyHeader extends ProxyFields {
  /** 1: a line of text; 2: binary. */
  version: 1 | 2;
  /** 'LOCAL': the proxy speaks for itself, in a health check for one. Then the addresses are those of the socket. */
  command: 'LOCAL' | 'PROXY';
  /** How the client came; null where the proxy does not tell. */
  protocol: 'stream' | 'datagram' | null;
  /** The client. null where the proxy does not tell (UNKNOWN, AF_UNSPEC), and of LOCAL. */
  source: InternetAddress | UnixAddress | null;
  /** Where the client connected to. null where `source` is. */
  destination: InternetAddress | UnixAddress | null;
  /** How many bytes the header has. What the client sent begins behind them. */
  headerBytes: number;
}

/** Options of parseProxyHeader(). */
export interface ProxyHeaderOptions {
  /** How many bytes a header may have: 107 to 65,551, the most that version 2 can say and the default. */
  maxBytes?: number;
}

/**
 * Reads the header of the PROXY protocol at the beginning of a stream, of version 1 or 2. No byte is taken: `bytes`
 * stays as it is, and what the client sent begins at `headerBytes`.
 *
 * Ask it only of connections from a proxy, on a port that only proxies reach: any client can write a header. Nor
 * can a server guess whether one comes: where it is expected, a connection without it is refused.
 *
 * @param bytes all that has come of the stream; the header may be followed by anything
 * @returns a new object that shares no memory with `bytes`; null where the header is not whole yet: call again with
 * more. Give the connection a deadline until then
 * @throws RangeError ERR_PROXY_HEADER as soon as it is known that no header comes, or one that is malformed, longer
 * than `maxBytes`, or whose checksum is wrong: end the connection. TypeError or RangeError for a wrong argument
 */
export function parseProxyHeader(bytes: Uint8Array, options: ProxyHeaderOptions = NO_OPTIONS): ProxyHeader | null {
  checkBytes(bytes, 'bytes');
  checkObject(options, 'options');
  const { maxBytes = MAX_BYTES } = options;
  checkInteger(maxBytes, 'options.maxBytes', MAX_LINE_BYTES, MAX_BYTES);
  const stream = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (stream.length === 0) return null;
  return stream[0] === SIGNATURE[0] ? binaryHeader(stream, maxBytes) : lineHeader(stream);
}

/** Whether the stream begins so, as far as it has come. */
function beginsWith(stream: Buffer, start: Buffer): boolean {
  const length = Math.min(stream.length, start.length);
  return stream.compare(start, 0, length, 0, length) === 0;
}

function checkStart(stream: Buffer, start: Buffer): void {
  if (!beginsWith(stream, start)) throw refused('the stream begins otherwise');
}

function lineHeader(stream: Buffer): ProxyHeader | null {
  checkStart(stream, LINE_START);
  const end = lineEnd(stream);
  if (end < 0) return null;
  const words = stream.toString('latin1', LINE_START.length, end).split(' ');
  const headerBytes = end + 2;
  const [family, source, destination, sourcePort, destinationPort] = words;
  const header = { version: 1, command: 'PROXY', headerBytes, ...noFields() } as const;
  // Whatever follows that word is to be ignored.
  if (family === 'UNKNOWN') return { ...header, protocol: null, source: null, destination: null };
  if ((family !== 'TCP4' && family !== 'TCP6') || words.length !== 5) throw refused('its line has another form');
  const kind = family === 'TCP4' ? 'IPv4' : 'IPv6';
  return {
    ...header,
    protocol: 'stream',
    source: internetAddress(kind, source as string, portOf(sourcePort as string)),
    destination: internetAddress(kind, destination as string, portOf(destinationPort as string)),
  };
}

/** Where the line ends; -1 where its end has not come. */
function lineEnd(stream: Buffer): number {
  const length = Math.min(stream.length, MAX_LINE_BYTES);
  for (let i = LINE_START.length; i < length; i++) {
    const byte = stream[i];
    if (byte !== CR && byte !== LF) continue;
    if (byte === CR && i + 1 < length && stream[i + 1] === LF) return i;
    if (byte === LF || i + 1 < length) throw refused('its line does not end in CR and LF');
  }
  if (length === MAX_LINE_BYTES) throw refused(`its line is longer than ${MAX_LINE_BYTES} bytes`);
  return -1;
}

function portOf(text: string): number {
  if (!PORT.test(text) || Number(text) > MAX_PORT) throw refused('a port is not a number from 0 to 65535');
  return Number(text);
}

/** The address as getpeername() writes it: `::1` for `0:0:0:0:0:0:0:1`. */
function internetAddress(family: 'IPv4' | 'IPv6', host: string, port: number): InternetAddress {
  const address = new Uint8Array(native.address.bytes);
  const isAddress = !host.includes('%') && native.address.fromIp(host, port, address) >= 0;
  const [kind, text] = isAddress ? native.address.toText(address) : [];
  if (kind !== family || text === undefined) throw refused(`an address is not of ${family}`);
  return { host: text, port };
}

function binaryHeader(stream: Buffer, maxBytes: number): ProxyHeader | null {
  checkStart(stream, SIGNATURE);
  if (stream.length <= VERSION_AND_COMMAND) return null;
  const command = COMMANDS[stream[VERSION_AND_COMMAND] as number];
  if (command === undefined) throw refused('its version or command is unknown');
  if (stream.length <= FAMILY_AND_PROTOCOL) return null;
  // The family of LOCAL is to be ignored, and with it the rest of the header.
  const kind = KINDS[command === 'LOCAL' ? UNSPECIFIED : (stream[FAMILY_AND_PROTOCOL] as number)];
  if (kind === undefined) throw refused('its family or protocol is unknown');
  if (stream.length < ADDRESSES) return null;
  const headerBytes = ADDRESSES + stream.readUInt16BE(LENGTH);
  if (headerBytes > maxBytes) throw refused(`it is longer than ${maxBytes} bytes`);
  if (headerBytes < ADDRESSES + kind.bytes) throw refused('it has no room for its addresses');
  if (stream.length < headerBytes) return null;
  const header = stream.subarray(0, headerBytes);
  const fields = command === 'LOCAL' ? noFields() : fieldsOf(header, ADDRESSES + kind.bytes);
  const addresses = header.subarray(ADDRESSES, ADDRESSES + kind.bytes);
  return { version: 2, command, protocol: kind.protocol, ...endsOf(addresses, kind), headerBytes, ...fields };
}

function endsOf(bytes: Buffer, { family }: AddressKind): Pick<ProxyHeader, 'source' | 'destination'> {
  if (family === 'none') return { source: null, destination: null };
  if (family === 'unix') {
    const half = bytes.length / 2;
    return { source: unixAddress(bytes.subarray(0, half)), destination: unixAddress(bytes.subarray(half)) };
  }
  const length = family === 'IPv4' ? 4 : 16;
  const textOf = family === 'IPv4' ? ipv4Text : ipv6Text;
  const ports = 2 * length;
  return {
    source: internetAddress(family, textOf(bytes.subarray(0, length)), bytes.readUInt16BE(ports)),
    destination: internetAddress(family, textOf(bytes.subarray(length, ports)), bytes.readUInt16BE(ports + 2)),
  };
}

function ipv4Text(bytes: Buffer): string {
  return bytes.join('.');
}

function ipv6Text(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(?<=.)(?=(?:.{4})+$)/g, ':');
}

/** A path ends at its first NUL; an abstract name begins with one, and is filled up with them. */
function unixAddress(bytes: Buffer): UnixAddress {
  const isAbstract = bytes[0] === 0;
  let end = isAbstract ? bytes.length : bytes.indexOf(0);
  if (end < 0) end = bytes.length;
  while (isAbstract && end > 0 && bytes[end - 1] === 0) end--;
  return { path: bytes.toString('utf8', 0, end) };
}
