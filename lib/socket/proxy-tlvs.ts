// The TLVs of a PROXY header of version 2 (type, length, value), and those of them that have a meaning of their own.
// Nothing here knows of addresses: proxy-header.ts does. A new type is a number in Type, and a field that reads it.
import { refusedOfPeer } from '../base/errors.js';

const Type = {
  ALPN: 0x01,
  AUTHORITY: 0x02,
  CRC32C: 0x03,
  UNIQUE_ID: 0x05,
  SSL: 0x20,
  SSL_VERSION: 0x21,
  SSL_COMMON_NAME: 0x22,
  SSL_CIPHER: 0x23,
  SSL_SIGNATURE_ALGORITHM: 0x24,
  SSL_KEY_ALGORITHM: 0x25,
  NETNS: 0x30,
} as const;

const TLV_HEAD_BYTES = 3;
const CHECKSUM_BYTES = 4;
const MAX_UNIQUE_ID_BYTES = 128;
/** The bits of the client and the result of the verification, before the TLVs within. */
const SSL_HEAD_BYTES = 5;
const CLIENT_SSL = 0x01;
const CLIENT_CERTIFICATE = 0x02 | 0x04; // on this connection, or in the session that it goes on with
const CASTAGNOLI = 0x82f63b78; // reversed

/** One field of a PROXY header of version 2. */
export interface ProxyTlv {
  /** 0 to 255; 0xe0 to 0xef are of applications, such as 0xea of Amazon and 0xee of Azure. */
  type: number;
  /** A copy of its bytes. */
  value: Buffer;
}

/** What a proxy tells of the TLS connection with its client (PP2_TYPE_SSL). */
export interface ProxySsl {
  /** The client came over TLS (PP2_CLIENT_SSL). */
  overTls: boolean;
  /**
   * The client gave a certificate, and the proxy has verified it. A client without a certificate is not verified,
   * although HAProxy then sends the same result as for one that is.
   */
  verified: boolean;
  /** Such as 'TLSv1.3'; null where the proxy does not tell, as in all below. */
  version: string | null;
  /** The common name of the client's certificate. */
  commonName: string | null;
  /** Such as 'TLS_AES_256_GCM_SHA384'. */
  cipher: string | null;
  /** Of the proxy's certificate, such as 'RSA-SHA256'. */
  signatureAlgorithm: string | null;
  /** Of the proxy's certificate, such as 'RSA2048'. */
  keyAlgorithm: string | null;
}

/** The TLVs by their meaning. */
export interface ProxyFields {
  /** All of them, in their order, also those that have a field here. Empty in version 1, and of LOCAL. */
  tlvs: ProxyTlv[];
  /** The host name that the client asked for: SNI of TLS (PP2_TYPE_AUTHORITY); null for none. */
  authority: string | null;
  /** The protocol that TLS agreed on, such as 'h2' (PP2_TYPE_ALPN); null for none. */
  alpn: string | null;
  /** The proxy's name of the connection, at most 128 bytes (PP2_TYPE_UNIQUE_ID); null for none. */
  uniqueId: Buffer | null;
  /** The network namespace of the proxy (PP2_TYPE_NETNS); null for none. */
  netns: string | null;
  /** PP2_TYPE_SSL; null for none. */
  ssl: ProxySsl | null;
}

/** ERR_PROXY_HEADER. */
export function refused(reason: string): RangeError {
  return refusedOfPeer(`no PROXY header: ${reason}`, 'ERR_PROXY_HEADER');
}

export function noFields(): ProxyFields {
  return { tlvs: [], authority: null, alpn: null, uniqueId: null, netns: null, ssl: null };
}

/** The fields from `start` to the end of a header. Checks its checksum, where it has one. */
export function fieldsOf(header: Buffer, start: number): ProxyFields {
  const tlvs = tlvsOf(header, start);
  const ssl = firstOf(tlvs, Type.SSL);
  const uniqueId = firstOf(tlvs, Type.UNIQUE_ID);
  if (uniqueId !== null && uniqueId.length > MAX_UNIQUE_ID_BYTES) throw refused('its unique id is too long');
  return {
    tlvs,
    authority: textOf(tlvs, Type.AUTHORITY),
    alpn: textOf(tlvs, Type.ALPN),
    uniqueId,
    netns: textOf(tlvs, Type.NETNS),
    ssl: ssl === null ? null : sslOf(ssl),
  };
}

function tlvsOf(bytes: Buffer, start: number): ProxyTlv[] {
  const tlvs: ProxyTlv[] = [];
  let isSummed = false;
  for (let at = start; at < bytes.length; ) {
    const valueStart = at + TLV_HEAD_BYTES;
    if (valueStart > bytes.length) throw refused('its last TLV is cut off');
    const type = bytes[at] as number;
    const end = valueStart + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) throw refused(`its TLV of type ${type} is longer than what is left of the header`);
    if (type === Type.CRC32C) {
      if (isSummed) throw refused('it has two checksums');
      isSummed = true;
      checkSum(bytes, valueStart, end);
    }
    tlvs.push({ type, value: Buffer.from(bytes.subarray(valueStart, end)) });
    at = end;
  }
  return tlvs;
}

/** The value of the first TLV of a type. */
function firstOf(tlvs: readonly ProxyTlv[], type: number): Buffer | null {
  return tlvs.find((tlv) => tlv.type === type)?.value ?? null;
}

function textOf(tlvs: readonly ProxyTlv[], type: number): string | null {
  return firstOf(tlvs, type)?.toString('utf8') ?? null;
}

function sslOf(value: Buffer): ProxySsl {
  if (value.length < SSL_HEAD_BYTES) throw refused('its TLV of TLS is cut off');
  const client = value[0] as number;
  const tlvs = tlvsOf(value, SSL_HEAD_BYTES);
  return {
    overTls: (client & CLIENT_SSL) !== 0,
    verified: (client & CLIENT_CERTIFICATE) !== 0 && value.readUInt32BE(1) === 0,
    version: textOf(tlvs, Type.SSL_VERSION),
    commonName: textOf(tlvs, Type.SSL_COMMON_NAME),
    cipher: textOf(tlvs, Type.SSL_CIPHER),
    signatureAlgorithm: textOf(tlvs, Type.SSL_SIGNATURE_ALGORITHM),
    keyAlgorithm: textOf(tlvs, Type.SSL_KEY_ALGORITHM),
  };
}

/** The checksum is that of the header with zeros in the place of the checksum. */
function checkSum(header: Buffer, start: number, end: number): void {
  if (end - start !== CHECKSUM_BYTES) throw refused('its checksum has not four bytes');
  let sum = 0xffffffff;
  for (let i = 0; i < header.length; i++) {
    const byte = i >= start && i < end ? 0 : (header[i] as number);
    sum = (sum >>> 8) ^ (sums()[(sum ^ byte) & 0xff] as number);
  }
  if ((sum ^ 0xffffffff) >>> 0 !== header.readUInt32BE(start)) throw refused('its checksum is wrong');
}

let sumTable: Uint32Array | null = null;

/** CRC-32C (Castagnoli) of each byte. node:zlib has another polynomial. */
function sums(): Uint32Array {
  sumTable ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? CASTAGNOLI : 0);
    return sum;
  });
  return sumTable;
}
