// @ts-check
// Reads a 64-bit Mach-O library as LLVM's llvm-objdump prints it, so that a library built elsewhere can be checked
// without macOS. The signature is checked here (kern/cs_blobs.h): llvm-objdump prints its place and never compares its
// hashes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const embeddedSignature = 0xfade0cc0;
const codeDirectory = 0xfade0c02;

/**
 * What the file needs: of a library, or of 'flat-namespace', any library of the process. A weak one may be missing.
 * @typedef {{ name: string, from: string, isWeak: boolean }} Needed
 */

/**
 * @param {string} file
 * @param {string} table an option of llvm-objdump
 * @returns {string[]} lines without the name of the file
 */
function dump(file, table) {
  const options = /** @type {const} */ ({ encoding: 'utf8', maxBuffer: 1 << 26 });
  return execFileSync('llvm-objdump', ['--macho', table, file], options).split('\n').slice(1);
}

/** Splits the load commands, each with its fields by name. @param {string[]} headers */
function loadCommands(headers) {
  const blocks = headers
    .join('\n')
    .split(/^Load command \d+\n/m)
    .slice(1);
  return blocks.map((block) => {
    const fields = [...block.matchAll(/^ *(\w+) (\S+)/gm)].map(
      ([, key = '', value = '']) => /** @type {const} */ ([key, value]),
    );
    // A segment is followed by its sections, which have fields of the same names.
    return new Map([...fields].reverse());
  });
}

/**
 * The rows of a table of bindings.
 * @param {string[]} lines
 * @param {number} library column of the library
 * @returns {Needed[]}
 */
function bindings(lines, library) {
  const rows = lines.map((line) => line.trim().split(/\s+/)).filter(([, , address = '']) => address.startsWith('0x'));
  return rows.map((columns) => ({
    name: columns[library + 1] ?? '',
    from: columns[library] ?? '',
    isWeak: columns.includes('(weak_import)'),
  }));
}

/**
 * Whether the hashes of the signature are those of the file. An ad-hoc signature has nothing else. macOS ends a process
 * that maps a page with another hash.
 * @param {Buffer} bytes
 * @param {number} blob where the signature is
 */
function isSigned(bytes, blob) {
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

/** Whether stripping left entries for a debugger. @param {string} file */
function hasDebugging(file) {
  const symbols = execFileSync('llvm-nm', ['--debug-syms', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return /^[0-9a-f]+ - /m.test(symbols);
}

/** @param {string} file */
export function readMachO(file) {
  const headers = dump(file, '--private-headers');
  const [, cpu = '', , , type] =
    headers
      .find((line) => line.startsWith('MH_MAGIC_64'))
      ?.trim()
      .split(/\s+/) ?? [];
  const commands = loadCommands(headers);
  /** @param {string} kind */
  const allOf = (kind) => commands.filter((each) => each.get('cmd') === kind);
  const [build] = allOf('LC_BUILD_VERSION');
  const [signature] = allOf('LC_CODE_SIGNATURE');
  const exported = dump(file, '--exports-trie').map((line) => /^0x[0-9A-F]+ +(\S+)/.exec(line)?.[1]);
  return {
    cpu: cpu.toLowerCase(),
    isLibrary: type === 'DYLIB',
    platform: build?.get('platform'),
    minVersion: build?.get('minos'),
    name: allOf('LC_ID_DYLIB')[0]?.get('name'),
    libraries: allOf('LC_LOAD_DYLIB').map((each) => each.get('name') ?? ''),
    searchPaths: allOf('LC_RPATH').map((each) => each.get('path') ?? ''),
    defined: exported.filter((name) => name !== undefined),
    hasDebugging: hasDebugging(file),
    /** Whether a segment may be both written and executed. */
    isLoose: allOf('LC_SEGMENT_64').some((each) => /w.*x/.test(each.get('initprot') ?? '')),
    needed: [...bindings(dump(file, '--bind'), 5), ...bindings(dump(file, '--lazy-bind'), 3)],
    isSigned: signature !== undefined && isSigned(readFileSync(file), Number(signature.get('dataoff'))),
  };
}
