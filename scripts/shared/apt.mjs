// @ts-check
// scripts/shared/ has what more than one folder of scripts/ uses: the files of the project, commands, caches,
// compilers.
//
// Finds programs of the system and installs the missing ones by apt-get (Debian, Ubuntu).
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';

const searched = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];

/**
 * Where a program is, /usr/sbin included, or null.
 * @param {string} program its name, or its path where it is in none of those folders
 */
export function findProgram(program) {
  const files = program.startsWith('/') ? [program] : searched.map((folder) => `${folder}/${program}`);
  const found = files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
  return found ?? null;
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

const isRoot = process.getuid?.() === 0;
const sudo = isRoot ? '' : 'sudo ';

/** The command that installs them. @param {string[]} packages */
export const installLine = (packages) => `${sudo}apt-get update && ${sudo}apt-get install -y ${packages.join(' ')}`;

/**
 * Installs packages as root, or by sudo without a password. Otherwise throws, with the line that does.
 * @param {string[]} packages
 * @param {string} missing the programs, in words
 */
export function install(packages, missing) {
  const mayInstall = findProgram('apt-get') !== null && (isRoot || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!mayInstall) throw new Error(`${missing} missing. Run: ${installLine(packages)}`);
  console.log(`${missing} missing; installing ${packages.join(' ')} by apt-get`);
  const apt = ['DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  withoutStartingServices(() => {
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', ...packages],
    ]) {
      if (isRoot) run('env', [...apt, ...args]);
      else run('sudo', ['-n', 'env', ...apt, ...args]);
    }
  });
}

/**
 * Finds programs. As root on Debian, installs the packages of the missing ones. Otherwise throws, with the line that
 * does.
 * @param {Record<string, string>} packageOfProgram
 */
export function ensureInstalled(packageOfProgram) {
  const missing = Object.entries(packageOfProgram).filter(([program]) => findProgram(program) === null);
  if (missing.length === 0) return;
  const programs = missing.map(([program]) => program).join(', ');
  const packages = [...new Set(missing.map(([, name]) => name))];
  if (!isRoot) throw new Error(`${programs} missing. Run: ${installLine(packages)}`);
  install(packages, programs);
}
