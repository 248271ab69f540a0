// @ts-check
// Checks that a prebuilt add-on loads wherever it is meant to. It reads the file, because most of these machines are
// not here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { root } from '../shared/sources.mjs';
import { readMachO } from './mach-o.mjs';
import { elfOptions, peOptions, readElf, readPe } from './readobj.mjs';

/** @typedef {import('./targets.mjs').Target} Target */
/** @typedef {[isRight: boolean, words: string][]} Checks */

const mostBytes = 400_000;
const newestGlibc = 17; // 2.17
const exported = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const ofNode = /^(napi|node_api)_/;
/** Only some hosts have libuv, so the add-on asks. */
const ofLibuv = /^uv_/;
const librariesOf = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-(x86-64|aarch64)\.so\.[12])$/,
  musl: /^libc\.so$/,
  windows: /^(KERNEL32|WS2_32|MSWSOCK|ntdll|IPHLPAPI|api-ms-win-crt-[a-z]+-l1-1-0)\.dll$/i,
};
const libSystem = '/usr/lib/libSystem.B.dylib';

/** @param {string} file @param {string[]} options */
const readobj = (file, options) =>
  execFileSync('llvm-readobj', [...options, file], { encoding: 'utf8', maxBuffer: 1 << 26 });

/** @param {string[]} names @returns {Checks} */
function exportChecks(names) {
  const missing = exported.filter((name) => !names.includes(name));
  const others = names.filter((name) => !exported.includes(name));
  return [
    [missing.length === 0, `does not export ${missing.join(', ')}`],
    [others.length === 0, `exports ${others.join(', ')}`],
  ];
}

/** @param {string[]} libraries @param {RegExp} allowed @returns {Checks} */
function libraryChecks(libraries, allowed) {
  const others = libraries.filter((name) => !allowed.test(name));
  return [
    [libraries.length > 0, 'needs no library of the system'],
    [others.length === 0, `needs ${others.join(', ')}`],
  ];
}

/** Whether that glibc has it. @param {string} version GLIBC_2.17 or older */
function isInGlibc(version) {
  const [, minor] = /^GLIBC_2\.(\d+)/.exec(version) ?? [];
  return minor !== undefined && Number(minor) <= newestGlibc;
}

/** @param {string} zig @returns {Set<string>} all that musl has */
function namesOfMusl(zig) {
  const source = readFileSync(`${dirname(zig)}/lib/libc/musl/libc.S`, 'utf8');
  return new Set([...source.matchAll(/^(\w+):$/gm)].map(([, name = '']) => name));
}

/** @param {string} file @param {Target} target @param {string} zig @returns {Checks} */
function elfChecks(file, target, zig) {
  const library = readElf(readobj(file, elfOptions));
  const isMusl = target.zig.endsWith('musl');
  const musl = isMusl ? namesOfMusl(zig) : new Set();
  const foreign = library.needed.filter(({ name, version, isWeak }) => {
    if (ofNode.test(name)) return false;
    if (ofLibuv.test(name)) return !isWeak;
    // The loader of glibc fills it for gprof, if at all.
    if (name === '__gmon_start__') return !isWeak;
    return isMusl ? !musl.has(name) : !isInGlibc(version);
  });
  const debugging = library.sections.filter((name) => /^\.(symtab|debug)/.test(name));
  const loose = library.segments.filter(({ isWritable, isExecutable }) => isWritable && isExecutable);
  return [
    [library.format === `elf64-${target.arch === 'arm64' ? 'littleaarch64' : 'x86-64'}`, `is ${library.format}`],
    [library.isLibrary, 'is not a shared library'],
    ...exportChecks(library.exported),
    ...libraryChecks(library.libraries, librariesOf[isMusl ? 'musl' : 'glibc']),
    [!library.hasSearchPath, 'has an RPATH'],
    [
      foreign.length === 0,
      `needs ${foreign.map(({ name, version }) => `${name}${version && `@${version}`}`).join(', ')}`,
    ],
    [library.needed.some(({ name }) => ofNode.test(name)), 'asks nothing of Node'],
    [debugging.length === 0, `is not stripped: ${debugging.join(', ')}`],
    [loose.length === 0, `can be written and executed: ${loose.map(({ type }) => type).join(', ')}`],
    [library.segments.some(({ type }) => type === 'PT_GNU_STACK'), 'has an executable stack'],
    [library.segments.some(({ type }) => type === 'PT_GNU_RELRO'), 'leaves its tables writable (no RELRO)'],
  ];
}

/** @param {string} file @param {Target} target @returns {Checks} */
function peChecks(file, target) {
  const library = readPe(readobj(file, peOptions));
  const loose = library.sections.filter(({ isWritable, isExecutable }) => isWritable && isExecutable);
  const debugging = library.sections.filter(({ name }) => name.startsWith('.debug'));
  return [
    [library.format === `COFF-${target.arch === 'arm64' ? 'ARM64' : 'x86-64'}`, `is ${library.format}`],
    [library.isLibrary, 'is not a DLL'],
    ...exportChecks(library.exported),
    ...libraryChecks(library.libraries, librariesOf.windows),
    [library.symbols === 0 && debugging.length === 0, 'is not stripped'],
    [loose.length === 0, `can be written and executed: ${loose.map(({ name }) => name).join(', ')}`],
    [library.protections.length === 3, `has only ${library.protections.join(', ')}`],
  ];
}

/** @param {string} file @param {Target} target @returns {Checks} */
function machOChecks(file, target) {
  const library = readMachO(file);
  const minVersion = /macos\.(.*)$/.exec(target.zig)?.[1];
  // zig's linker adds the library's own header.
  const visible = library.defined.filter((name) => !/^(___dso_handle|__mh_dylib_header)$/.test(name));
  const weak = new Set(library.needed.filter(({ isWeak }) => isWeak).map(({ name }) => name));
  const foreign = library.needed.filter(({ name, from }) => {
    if (from !== 'flat-namespace') return from !== 'libSystem';
    return !ofNode.test(name.slice(1)) && !(ofLibuv.test(name.slice(1)) && weak.has(name));
  });
  return [
    [library.cpu === target.processor, `is for ${library.cpu}`],
    [library.isLibrary, 'is not a dynamic library'],
    [library.platform === 'macos' && library.minVersion === minVersion, `needs macOS ${library.minVersion}`],
    [library.name === '@rpath/fdreactor.node', `calls itself ${library.name}`],
    ...exportChecks(visible.map((name) => name.slice(1))),
    [library.libraries.join() === libSystem, `needs ${library.libraries.join(', ')}`],
    [library.searchPaths.length === 0, `searches ${library.searchPaths.join(', ')}`],
    [library.needed.some(({ from }) => from === 'flat-namespace'), 'asks nothing of Node'],
    [foreign.length === 0, `needs ${foreign.map(({ name, from }) => `${name} of ${from}`).join(', ')}`],
    [!library.hasDebugging, 'is not stripped'],
    [!library.isLoose, 'can be written and executed'],
    [library.isSigned || target.arch !== 'arm64', 'has no valid signature'],
  ];
}

/**
 * @param {string} file
 * @param {Target} target
 * @param {string} zig
 * @returns {string[]} what is wrong with it, in words
 */
export function findings(file, target, zig) {
  const bytes = readFileSync(file);
  const folders = [root, homedir(), tmpdir(), dirname(file), dirname(zig)].filter((name) => bytes.includes(name));
  const checks = { Linux: elfChecks, Windows: peChecks, Darwin: machOChecks }[target.system];
  return [
    ...checks(file, target, zig),
    /** @type {const} */ ([folders.length === 0, `names ${folders.join(', ')}`]),
    /** @type {const} */ ([bytes.length <= mostBytes, `has ${bytes.length} bytes, more than ${mostBytes}`]),
  ]
    .filter(([isRight]) => !isRight)
    .map(([, words]) => `${target.name}: ${words}`);
}
