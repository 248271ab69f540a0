// CRC-32C bit by bit, as its definition is: a reference that shares nothing with the table of the parser.

export function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (sum ^ (byte >> bit)) & 1;
      sum = (sum >>> 1) ^ (carry === 1 ? 0x82f63b78 : 0);
    }
  }
  return (sum ^ 0xffffffff) >>> 0;
}
