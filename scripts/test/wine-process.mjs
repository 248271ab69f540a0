// @ts-check
// Runs programs of Windows under Wine in a prefix, a folder that is their C: drive and registry. Two runs never share
// a prefix, so ending its wineserver ends the processes of one run only.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';

const serverStartMs = 10_000;
const serverEndMs = 3000;
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

/** The processes of a prefix that no wineserver knows any more. @param {string} prefix */
function endOrphans(prefix) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const ofPrefix = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`WINEPREFIX=${prefix}`);
      if (ofPrefix) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // The process has ended, or belongs to another user.
    }
  }
}

/** Ends all that runs in the prefix. @param {string} prefix */
export function endPrefix(prefix) {
  if (!existsSync(prefix)) return;
  const options = /** @type {const} */ ({ env: environment(prefix), stdio: 'ignore', timeout: 10_000 });
  spawnSync(serverProgram(), ['-k'], options);
  spawnSync(serverProgram(), ['-w'], options);
  endOrphans(prefix);
}

/**
 * Without its wineserver a program of Windows hangs. Calls back when that has ended before the program has.
 * @param {string} prefix
 * @param {() => void} died
 */
function watchServer(prefix, died) {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let waiting;
  let timer = setTimeout(() => {
    waiting = spawn(serverProgram(), ['-w'], { env: environment(prefix), stdio: 'ignore' });
    waiting.once('exit', () => {
      // It ends by itself after the last program, whose end may be heard of a little later.
      timer = setTimeout(died, serverEndMs);
    });
  }, serverStartMs);
  return () => {
    waiting?.removeAllListeners('exit').kill();
    clearTimeout(timer);
  };
}

/**
 * Runs a program to its end, with all it says in the file `log`: under Wine, node.exe cannot use pipes of Linux.
 * @param {{ prefix: string, command: string[], cwd: string, log: string, timeoutMs: number, env?: Record<string,
 *     string> }} options
 * @returns {Promise<number | string>} the exit code, or why it was ended
 */
export async function runInWine({ prefix, command, cwd, log, timeoutMs, env }) {
  const output = openSync(log, 'a');
  const child = spawn(wineProgram(), command, {
    cwd,
    env: environment(prefix, env),
    stdio: ['ignore', output, output],
  });
  /** @type {string | undefined} */
  let reason;
  /** @param {string} why */
  const end = (why) => {
    reason ??= why;
    endPrefix(prefix);
    child.kill('SIGKILL');
  };
  const timer = setTimeout(end, timeoutMs, 'out of time');
  const stopWatching = watchServer(prefix, () => end('Wine itself died: its wineserver is gone'));
  try {
    /** @type {number | null} */
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    return reason ?? code ?? 1;
  } finally {
    stopWatching();
    clearTimeout(timer);
    closeSync(output);
  }
}

/**
 * Makes a new prefix on top of another. They share the C: drive, which is most of a prefix. No program writes there,
 * because the new prefix has its own folder for temporary files.
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
