// @ts-check
// Reads what a 64-bit Mach-O library says of itself (mach-o/loader.h, mach-o/nlist.h, kern/cs_blobs.h): no macOS and no
// tool of it is needed to look whether one that was built elsewhere can be loaded there.
import { createHash } from 'node:crypto';

const command = {
  segment: 0x19,
  symtab: 0x2,
  loadDylib: 0xc,
  idDylib: 0xd,
  rpath: 0x8000001c,
  codeSignature: 0x1d,
  minVersion: 0x24,
  buildVersion: 0x32,
  dyldInfo: 0x80000022,
};
const cpus = new Map([
  [0x01000007, 'x86_64'],
  [0x0100000c, 'arm64'],
]);
const platforms = new Map([[1, 'macOS']]);
const symbolBytes = 16;
// Negative numbers of 4 bits: the program that runs, and any library of the process.
const specialPlaces = new Map([
  [0x0f, 'the program'],
  [0x0e, 'the process'],
]);
// How many integers follow an instruction of dyld's.
const integersAfter = new Map([
  [0x20, 1],
  [0x60, 1],
  [0x70, 1],
  [0x80, 1],
  [0xa0, 1],
  [0xc0, 2],
]);
const embeddedSignature = 0xfade0cc0;
const codeDirectory = 0xfade0c02;

/** @typedef {{ name: string, from: string | undefined }} Needed `from`: the library where dyld looks for it */

/** @param {Buffer} bytes @param {number} offset */
function textAt(bytes, offset) {
  return bytes.toString('latin1', offset, bytes.indexOf(0, offset));
}

/** 0x000b0000: 11.0 @param {number} packed */
const version = (packed) => `${packed >>> 16}.${(packed >>> 8) & 0xff}`;

/** @param {Buffer} bytes @returns {{ kind: number, at: number }[]} */
function loadCommands(bytes) {
  const commands = [];
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    commands.push({ kind: bytes.readUInt32LE(at), at });
    at += bytes.readUInt32LE(at + 4);
  }
  return commands;
}

/** What the library shows to others. @param {Buffer} bytes @param {number} at the LC_SYMTAB @returns {string[]} */
function definedNames(bytes, at) {
  const [table = 0, count = 0, texts = 0] = [8, 12, 16].map((field) => bytes.readUInt32LE(at + field));
  const entries = Array.from({ length: count }, (_, i) => table + i * symbolBytes);
  const visible = entries.filter((entry) => {
    const type = bytes[entry + 4] ?? 0;
    const isOfDebugger = (type & 0xe0) !== 0;
    const isPrivate = (type & 0x10) !== 0;
    const isUndefined = (type & 0x0e) === 0;
    return !isOfDebugger && !isPrivate && !isUndefined && (type & 0x01) !== 0;
  });
  return visible.map((entry) => textAt(bytes, texts + bytes.readUInt32LE(entry)));
}

/**
 * Whether there are entries for a debugger, which stripping removes.
 * @param {Buffer} bytes
 * @param {number} at the LC_SYMTAB
 */
function hasDebugging(bytes, at) {
  const [table = 0, count = 0] = [8, 12].map((field) => bytes.readUInt32LE(at + field));
  return Array.from({ length: count }, (_, i) => bytes[table + i * symbolBytes + 4] ?? 0).some((type) => type >= 0x20);
}

/**
 * Whether memory of a segment may be both written and executed.
 * @param {Buffer} bytes
 * @param {number} at an LC_SEGMENT_64
 */
const isLoose = (bytes, at) => (bytes.readUInt32LE(at + 60) & 6) === 6;

/** Past an integer of 7 bits a byte. @param {Buffer} bytes @param {number} at */
function afterLeb(bytes, at) {
  let next = at;
  while (((bytes[next] ?? 0) & 0x80) !== 0) next++;
  return next + 1;
}

/**
 * What dyld looks for, and where: a program of its own, one byte an instruction (mach-o/loader.h, BIND_OPCODE_).
 * @param {Buffer} bytes @param {number} start @param {number} end @param {string[]} libraries @returns {Needed[]}
 */
function bindings(bytes, start, end, libraries) {
  /** @type {Needed[]} */
  const needed = [];
  let name = '';
  /** @type {string | undefined} */
  let from;
  for (let at = start; at < end; ) {
    const opcode = (bytes[at] ?? 0) & 0xf0;
    const immediate = (bytes[at++] ?? 0) & 0x0f;
    if (opcode === 0x10) from = libraries[immediate - 1];
    else if (opcode === 0x20) from = libraries[(bytes[at] ?? 0) - 1];
    else if (opcode === 0x30) from = specialPlaces.get(immediate);
    else if (opcode === 0x40) {
      name = textAt(bytes, at);
      at += name.length + 1;
    } else if (opcode >= 0x90) needed.push({ name, from });
    for (let left = integersAfter.get(opcode) ?? 0; left > 0; left--) at = afterLeb(bytes, at);
  }
  return needed;
}

/**
 * Whether the hashes of the signature are those of the file, which is all that an ad-hoc one says: the kernel ends a
 * process whose page has another one.
 * @param {Buffer} bytes @param {number} at the LC_CODE_SIGNATURE
 */
function isSigned(bytes, at) {
  const blob = bytes.readUInt32LE(at + 8);
  if (bytes.readUInt32BE(blob) !== embeddedSignature) return false;
  const indexes = Array.from({ length: bytes.readUInt32BE(blob + 8) }, (_, i) => blob + 12 + 8 * i);
  const places = indexes.map((index) => blob + bytes.readUInt32BE(index + 4));
  const place = places.find((start) => bytes.readUInt32BE(start) === codeDirectory);
  if (place === undefined) return false;
  const hashes = place + bytes.readUInt32BE(place + 16);
  const [pages = 0, limit = 0] = [28, 32].map((field) => bytes.readUInt32BE(place + field));
  const hashBytes = bytes[place + 36] ?? 0;
  const isSha256 = bytes[place + 37] === 2 && hashBytes === 32;
  const pageBytes = 2 ** (bytes[place + 39] ?? 0);
  if (!isSha256 || pages !== Math.ceil(limit / pageBytes)) return false;
  return Array.from({ length: pages }, (_, page) => {
    const code = bytes.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, limit));
    const noted = bytes.subarray(hashes + page * hashBytes, hashes + (page + 1) * hashBytes);
    return createHash('sha256').update(code).digest().equals(noted);
  }).every(Boolean);
}

/** @param {Buffer} bytes */
export function readMachO(bytes) {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) throw new Error('no 64-bit Mach-O file');
  const commands = loadCommands(bytes);
  /** @param {number} kind */
  const placesOf = (kind) => commands.filter((each) => each.kind === kind).map(({ at }) => at);
  /** @param {number} kind */
  const namesOf = (kind) => placesOf(kind).map((at) => textAt(bytes, at + bytes.readUInt32LE(at + 8)));
  const libraries = namesOf(command.loadDylib);
  const [symtab] = placesOf(command.symtab);
  const [dyldInfo] = placesOf(command.dyldInfo);
  // The table of what is bound at once, and that of what is bound when it is called first.
  const tables = dyldInfo === undefined ? [] : [16, 32].map((field) => dyldInfo + field);
  const [build] = placesOf(command.buildVersion);
  const [oldBuild] = placesOf(command.minVersion);
  const [signature] = placesOf(command.codeSignature);
  return {
    cpu: cpus.get(bytes.readUInt32LE(4)),
    isLibrary: bytes.readUInt32LE(12) === 6,
    platform: build === undefined ? oldBuild && 'macOS' : platforms.get(bytes.readUInt32LE(build + 8)),
    minVersion: version(bytes.readUInt32LE(build === undefined ? (oldBuild ?? 0) + 8 : build + 12)),
    name: namesOf(command.idDylib)[0],
    libraries,
    searchPaths: namesOf(command.rpath),
    defined: symtab === undefined ? [] : definedNames(bytes, symtab),
    hasDebugging: symtab !== undefined && hasDebugging(bytes, symtab),
    isLoose: placesOf(command.segment).some((at) => isLoose(bytes, at)),
    needed: tables.flatMap((table) => {
      const start = bytes.readUInt32LE(table);
      return bindings(bytes, start, start + bytes.readUInt32LE(table + 4), libraries);
    }),
    isSigned: signature !== undefined && isSigned(bytes, signature),
  };
}
