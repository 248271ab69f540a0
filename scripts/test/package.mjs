// @ts-check
// `npm run test:package [-- vitest's arguments]` packs the package and tests the tarball on Linux as users get it
// (test/tarball/): installed by each package manager without a compiler and without a network, run, compiled against,
// bundled. It first builds the binaries of prebuilds/ that are missing or older than the sources. The users' tools
// (test/tarball/tools/) stay in ~/.cache/fdreactor-package. The last line is `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { targets } from '../prebuild/targets.mjs';
import { ensureInstalled } from '../shared/apt.mjs';
import { cached, cacheFolder, removeUnused, run } from '../shared/cache.mjs';
import { tool } from '../shared/run.mjs';
import { root, sourceFiles } from '../shared/sources.mjs';

const toolsSource = `${root}/test/tarball/tools`;

/** @param {string} command @param {string[]} args */
function runHere(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/** When a file was written; 0 if it is not there. @param {string} file */
const writtenAt = (file) => statSync(`${root}/${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function buildWhatIsMissing() {
  const sources = Math.max(...sourceFiles(/^(native\/(?!test\/)|cmake\/|CMakeLists)/).map(writtenAt));
  const stale = targets.filter(({ file }) => writtenAt(`prebuilds/${file}`) < sources).map(({ name }) => name);
  if (stale.length > 0 && runHere('npm', ['run', '--silent', 'build:prebuilds', '--', ...stale]) !== 0) {
    throw new Error(`npm run build:prebuilds -- ${stale.join(' ')} failed`);
  }
  if (runHere('npm', ['run', '--silent', 'build:lib']) !== 0) throw new Error('npm run build:lib failed');
}

/** The folder that has the users' tools in its node_modules/. */
function users() {
  const lock = readFileSync(`${toolsSource}/package-lock.json`);
  const version = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const cache = cacheFolder('fdreactor-package');
  removeUnused(cache);
  return cached(`${cache}/${version}`, "the users' tools", (folder) => {
    cpSync(toolsSource, folder, { recursive: true });
    run('npm', ['ci', '--silent', '--no-audit', '--no-fund'], folder);
  });
}

/**
 * What to put before a command so that it sees no network but a loopback device of its own; nothing if that is not
 * allowed.
 */
function withoutNetwork() {
  ensureInstalled({ unshare: 'util-linux', ip: 'iproute2' });
  const up = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  for (const flags of [['--net'], ['--user', '--map-root-user', '--net']]) {
    const wrapped = ['unshare', ...flags, ...up];
    if (spawnSync(/** @type {string} */ (wrapped[0]), [...wrapped.slice(1), 'true']).status === 0) return wrapped;
  }
  console.log(
    'no network namespace may be made here: that nothing is fetched is only seen in what the registry was asked',
  );
  return [];
}

async function main() {
  const tools = await users();
  buildWhatIsMissing();
  const folder = mkdtempSync(`${tmpdir()}/fdreactor-package-`);
  try {
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], root);
    const vitest = [tool('vitest'), 'run', '--config', 'test/tarball/vitest.config.ts', ...process.argv.slice(2)];
    const [command = '', ...args] = [...withoutNetwork(), ...vitest];
    process.exitCode = runHere(command, args, { FDREACTOR_PACKED: folder, FDREACTOR_USERS_TOOLS: tools });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
