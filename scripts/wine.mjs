// @ts-check
// Programs of Windows, run by Wine in a prefix (a folder that is their C: drive and registry). A prefix is never used by
// two runs at once, so that ending its wineserver ends the processes of one run and no others.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

// The packages of Debian and Ubuntu put them where no PATH leads; others do not.
const folders = ['/usr/lib/wine', '/usr/local/bin', '/usr/bin'];

/** @param {string[]} names */
const find = (...names) => folders.flatMap((folder) => names.map((name) => `${folder}/${name}`)).find(existsSync);

/** @param {string[]} names */
function program(...names) {
  const found = find(...names);
  if (found === undefined) throw new Error(`${names[0]} missing`);
  return found;
}

const wineNames = ['wine64', 'wine'];
export const hasWine = () => find(...wineNames) !== undefined;
export const wineProgram = () => program(...wineNames);
const serverProgram = () => program('wineserver64', 'wineserver');

/** @param {string} prefix @param {Record<string, string>} [more] @returns {NodeJS.ProcessEnv} */
function environment(prefix, more) {
  // No window, no sound, no offer to install Mono or Gecko; nothing that was meant for the node that runs this.
  const { DISPLAY, WAYLAND_DISPLAY, NODE_OPTIONS, ...inherited } = process.env;
  const wine = {
    WINEPREFIX: prefix,
    WINESERVER: serverProgram(),
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree=;mshtml=',
  };
  return { ...inherited, ...wine, ...more };
}

/** A path as programs of Windows see it. @param {string} path */
export const windowsPath = (path) => `Z:${path.replaceAll('/', '\\')}`;

/** Ends all that runs in the prefix. @param {string} prefix */
export function endPrefix(prefix) {
  if (!existsSync(prefix)) return;
  spawnSync(serverProgram(), ['-k'], { env: environment(prefix), stdio: 'ignore' });
  spawnSync(serverProgram(), ['-w'], { env: environment(prefix), stdio: 'ignore', timeout: 10_000 });
}

/**
 * Runs a program to its end, with all it says in the file `log`: under Wine, node.exe cannot use pipes of Linux.
 * @param {{ prefix: string, command: string[], cwd: string, log: string, timeoutMs: number, env?: Record<string, string> }} options
 * @returns {Promise<number | 'out of time'>} the exit code
 */
export async function runInWine({ prefix, command, cwd, log, timeoutMs, env }) {
  const output = openSync(log, 'a');
  const child = spawn(wineProgram(), command, {
    cwd,
    env: environment(prefix, env),
    stdio: ['ignore', output, output],
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    endPrefix(prefix);
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    /** @type {number | null} */
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    return isLate ? 'out of time' : (code ?? 1);
  } finally {
    clearTimeout(timer);
    closeSync(output);
  }
}

/**
 * A new prefix on top of another, whose C: drive it shares: that is most of it, and nobody writes there, because the folder
 * for temporary files is another one.
 * @param {{ from: string, to: string, temp: string }} folders
 */
export function derivePrefix({ from, to, temp }) {
  mkdirSync(`${to}/dosdevices`, { recursive: true });
  mkdirSync(temp, { recursive: true });
  symlinkSync(`${from}/drive_c`, `${to}/drive_c`);
  symlinkSync('../drive_c', `${to}/dosdevices/c:`);
  symlinkSync('/', `${to}/dosdevices/z:`);
  for (const file of ['system.reg', 'userdef.reg', '.update-timestamp'])
    copyFileSync(`${from}/${file}`, `${to}/${file}`);
  const value = JSON.stringify(windowsPath(temp));
  const user = readFileSync(`${from}/user.reg`, 'latin1').replace(
    /^"(TE?MP)"=.*$/gm,
    (_, name) => `"${name}"=${value}`,
  );
  writeFileSync(`${to}/user.reg`, user, 'latin1');
}
