// @ts-check
// `npm run bench:setup`: installs every program that the bench compares with, by apt-get (Debian, Ubuntu), and builds
// the C programs. It needs root or sudo; without either it prints the line to run.
import { spawnSync } from 'node:child_process';
import { buildPrograms } from './build.mjs';
import { findProgram, installLine, isMissing, requirements } from './requirements.mjs';

/** @param {string} command @param {string[]} args */
function run(command, args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

/** @param {import('./requirements.mjs').Requirement[]} missing */
function install(missing) {
  const packages = missing.flatMap((name) => requirements[name].apt?.split(' ') ?? []);
  const prefix = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const apt = (/** @type {string[]} */ ...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', ...args];
    run(command, rest);
  };
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  // Debian starts the service of a package at once; the bench runs its own nginx and wants no other one listening.
  if (missing.includes('nginx') && findProgram('invoke-rc.d') !== null) {
    const [command, ...rest] = [...prefix, 'invoke-rc.d', 'nginx', 'stop'];
    spawnSync(command, rest, { stdio: 'ignore' });
  }
}

const names = /** @type {import('./requirements.mjs').Requirement[]} */ (Object.keys(requirements));
const missing = names.filter((name) => requirements[name].apt !== null && isMissing(name));
try {
  if (missing.length > 0) install(missing);
  buildPrograms({ libuv: true });
  console.log('Everything that the bench compares with is there.');
} catch (error) {
  console.error(`${/** @type {Error} */ (error).message}\nRun this as root: ${installLine(missing)}`);
  process.exitCode = 1;
}
