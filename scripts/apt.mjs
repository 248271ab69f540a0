// @ts-check
// Programs that come from the system's packages: which are missing, and how they get there (Debian, Ubuntu).
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';

const searched = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];

/** @param {string} program its name, or its path where it is in none of those folders */
function isThere(program) {
  return (program.startsWith('/') ? [''] : searched).some((folder) => {
    try {
      accessSync(folder === '' ? program : `${folder}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw error ?? new Error(`${command} ended with ${status}`);
}

// A package that brings a service (nginx) starts it at once, on port 80, unless this file says no.
/** @param {() => void} body */
function withoutStartingServices(body) {
  const policy = '/usr/sbin/policy-rc.d';
  if (process.getuid?.() !== 0 || existsSync(policy)) return body();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    body();
  } finally {
    rmSync(policy);
  }
}

/**
 * Installs the packages of those programs that are missing, or says which line does, and throws.
 * @param {Record<string, string>} packageOfProgram
 */
export function need(packageOfProgram) {
  const missing = Object.keys(packageOfProgram).filter((program) => !isThere(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => packageOfProgram[program]))];
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? [] : ['sudo', '-n'];
  const install = [
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...packages,
  ];
  const line = `${isRoot ? '' : 'sudo '}apt-get update && ${isRoot ? '' : 'sudo '}apt-get install -y ${packages.join(' ')}`;
  const mayInstall = isThere('apt-get') && (isRoot || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!mayInstall) throw new Error(`${missing.join(', ')} missing. Run: ${line}`);
  console.log(`${missing.join(', ')} missing; installing ${packages.join(' ')} by apt-get`);
  withoutStartingServices(() => {
    for (const args of [['apt-get', 'update', '-qq'], install]) {
      const [command, ...rest] = [...sudo, ...args];
      run(command, rest);
    }
  });
}
