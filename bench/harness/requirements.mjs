// @ts-check
// Lists what the bench needs beside Node.js, how to recognise it, and the line that installs it. A missing peer
// leaves out its row or its table.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installLine as aptLine, findProgram } from '../../scripts/shared/apt.mjs';
import { bun, uws } from '../peers/fetched.mjs';

/**
 * @typedef {'cc' | 'make' | 'taskset' | 'wrk' | 'nginx' | 'libuv' | 'apache' | 'go' | 'java' | 'netty' | 'bun' | 'uws'
 *   | 'uml' | 'qemu' | 'busybox' | 'package'} Requirement
 */

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** @param {string} header */
function compilerFinds(header) {
  return (
    spawnSync('cc', ['-E', '-x', 'c', '-'], { input: `#include <${header}>\n`, stdio: ['pipe', 'ignore', 'ignore'] })
      .status === 0
  );
}

/** The jars of Netty that an HTTP server needs. */
export const nettyJars = ['buffer', 'codec', 'codec-http', 'common', 'handler', 'resolver', 'transport'].map(
  (name) => `/usr/share/java/netty-${name}.jar`,
);

/**
 * What comes from neither is built or fetched: `apt` is null.
 * @type {Record<Requirement, { is: () => boolean, apt: string | null, what: string }>}
 */
export const requirements = {
  cc: { is: () => findProgram('cc') !== null && compilerFinds('stdio.h'), apt: 'gcc libc6-dev', what: 'a C compiler' },
  make: { is: () => findProgram('make') !== null, apt: 'make', what: 'make' },
  taskset: { is: () => findProgram('taskset') !== null, apt: 'util-linux', what: 'taskset' },
  wrk: { is: () => findProgram('wrk') !== null, apt: 'wrk', what: 'wrk (the HTTP load)' },
  nginx: { is: () => findProgram('nginx') !== null, apt: 'nginx-light', what: 'nginx' },
  libuv: { is: () => compilerFinds('uv.h'), apt: 'libuv1-dev', what: "libuv's headers" },
  apache: { is: () => findProgram('apache2') !== null, apt: 'apache2-bin', what: 'Apache httpd' },
  go: { is: () => findProgram('go') !== null, apt: 'golang-go', what: 'Go' },
  java: { is: () => findProgram('javac') !== null, apt: 'openjdk-17-jdk-headless', what: 'a Java compiler' },
  netty: { is: () => nettyJars.every((jar) => existsSync(jar)), apt: 'libnetty-java', what: 'Netty' },
  bun: { is: () => existsSync(bun.folder), apt: null, what: bun.name },
  uws: { is: () => existsSync(uws.folder), apt: null, what: uws.name },
  uml: { is: () => findProgram('linux.uml') !== null, apt: 'user-mode-linux', what: 'User-Mode Linux' },
  qemu: { is: () => findProgram('qemu-system-x86_64') !== null, apt: 'qemu-system-x86', what: 'qemu' },
  busybox: { is: () => findProgram('busybox') !== null, apt: 'busybox-static', what: 'busybox' },
  package: {
    is: () =>
      ['dist/index.js', 'examples/dist/file-server/http-parser.js'].every((file) =>
        existsSync(path.join(repository, file)),
      ),
    apt: null,
    what: 'the built package',
  },
};

/** @param {Requirement} name */
export const isMissing = memoize((/** @type {Requirement} */ name) => !requirements[name].is());

/** @template A, R @param {(argument: A) => R} compute @returns {(argument: A) => R} */
function memoize(compute) {
  /** @type {Map<A, R>} */
  const known = new Map();
  return (argument) => {
    if (!known.has(argument)) known.set(argument, compute(argument));
    return /** @type {R} */ (known.get(argument));
  };
}

/** The command that brings what is missing. @param {Requirement[]} names */
export function installLine(names) {
  if (names.includes('package')) return 'npm run build';
  if (names.some((name) => requirements[name].apt === null)) return 'npm run bench:setup';
  return aptLine(names.map((name) => /** @type {string} */ (requirements[name].apt)));
}
