// @ts-check
// scripts/prebuild/ builds the add-ons of the package for every platform on one Linux machine, and checks the files.
//
// `npm run build:prebuilds [-- options] [names]` builds the add-on for every target of targets.mjs, or for those
// named, by cmake-js and zig. It checks each file (checks.mjs) and puts it into prebuilds/.
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../shared/apt.mjs';
import { root, sourceFiles } from '../shared/sources.mjs';
import { getZig, withEmptyCache } from '../shared/zig.mjs';
import { findings } from './checks.mjs';
import { crossBuild } from './cmake-js.mjs';
import { targets } from './targets.mjs';

/** @typedef {import('./targets.mjs').Target} Target */
/** @typedef {import('../shared/zig.mjs').Zig} Zig */

const usage = `npm run build:prebuilds [-- options] [names]
  --verify   builds each a second time, elsewhere and with an empty cache, and compares the bytes
  --ubsan    add-ons for the tests, which end at the first undefined behaviour: build-NAME-ubsan/Release/fdreactor.node
names: ${targets.map(({ name }) => name).join(' ')}`;

/** @param {string} file */
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Replaces a file in one step, so that a process never loads half of it. @param {string} file @param {string} place */
function publish(file, place) {
  mkdirSync(dirname(place), { recursive: true });
  copyFileSync(file, `${place}.new`);
  renameSync(`${place}.new`, place);
}

/** The project as another user has it. @param {string} folder */
function copyProject(folder) {
  for (const file of sourceFiles(/^(CMakeLists\.txt|package\.json|(cmake|native|scripts)\/)/))
    cpSync(`${root}/${file}`, `${folder}/${file}`);
  symlinkSync(`${root}/node_modules`, `${folder}/node_modules`);
}

/**
 * Throws if a build of the same sources by another user has other bytes.
 * @param {string} file
 * @param {Target} target
 * @param {Zig} zig
 */
function verify(file, target, zig) {
  const folder = mkdtempSync(`${tmpdir()}/fdreactor-${target.name}-`);
  try {
    const project = `${folder}/elsewhere`;
    copyProject(project);
    const again = crossBuild({
      project,
      folder: `${project}/build`,
      target,
      zig: withEmptyCache(zig, `${folder}/objects`),
    });
    if (sha256(again) !== sha256(file)) throw new Error(`${target.name}: a second build elsewhere has other bytes`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {Target} target @param {Zig} zig @param {boolean} isVerified */
function prebuild(target, zig, isVerified) {
  const started = performance.now();
  const file = crossBuild({ project: root, folder: `${root}/build-${target.name}`, target, zig });
  const wrong = findings(file, target, zig.program);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  if (isVerified) verify(file, target, zig);
  const place = `prebuilds/${target.file}`;
  publish(file, `${root}/${place}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${sha256(file)}  ${place} (${readFileSync(file).length} bytes, ${seconds} s)`);
}

/** @param {string[]} names @returns {Target[]} */
function named(names) {
  const unknown = names.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0) throw new Error(`no such target: ${unknown.join(', ')}\n${usage}`);
  return names.length === 0 ? targets : targets.filter(({ name }) => names.includes(name));
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { verify: { type: 'boolean' }, ubsan: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) return console.log(usage);
  const wanted = named(positionals);
  ensureInstalled({
    flock: 'util-linux',
    cmake: 'cmake',
    make: 'make',
    'llvm-readobj': 'llvm',
    'llvm-objdump': 'llvm',
  });
  const zig = await getZig();
  for (const target of wanted) {
    if (values.ubsan)
      crossBuild({ project: root, folder: `${root}/build-${target.name}-ubsan`, target, zig, ubsan: true });
    else prebuild(target, zig, values.verify === true);
  }
  const notRun = wanted.filter(({ system }) => system === 'Darwin').map(({ name }) => name);
  if (notRun.length > 0) console.log(`compiled and looked at, not run: no macOS for ${notRun.join(', ')}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
