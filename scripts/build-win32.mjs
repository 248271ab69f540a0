// @ts-check
// `npm run build:win32`: the add-on for 64-bit Windows, built on Linux by cmake-js and mingw-w64 into
// prebuilds/win32-x64/. With `-- --ubsan` another one, for the tests, that ends the process at the first undefined
// behaviour: build-win32-ubsan/fdreactor.node.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { need } from './apt.mjs';
import { checkSources } from './build-sources.mjs';
import { root } from './sources.mjs';

const exported = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** @param {string} folder @param {string} command @param {string[]} args */
function cmakeJs(folder, command, args) {
  const program = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const common = ['--log-level', 'warn', '--arch', 'x64', '--directory', root, '--out', folder];
  // One at a time: two builds in one folder would mix their files up.
  const locked = [`${folder}/lock`, process.execPath, program, command, ...common, ...args];
  const { status, error, stdout, stderr } = spawnSync('flock', locked, { cwd: root, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${stdout}${stderr}cmake-js ${command} ended with ${status}`);
}

/** @param {string} folder @param {boolean} ubsan @returns {string} the file it made */
function compile(folder, ubsan) {
  mkdirSync(folder, { recursive: true });
  cmakeJs(folder, 'configure', [
    '--generator=Unix Makefiles',
    `--CDCMAKE_TOOLCHAIN_FILE=${root}/cmake/mingw-w64-x86_64.cmake`,
    `--CDFDREACTOR_UBSAN=${ubsan ? 'ON' : 'OFF'}`,
  ]);
  cmakeJs(folder, 'build', ['--parallel=2']);
  return `${folder}/Release/fdreactor.node`;
}

/** An add-on offers Node two functions, and nothing that another library could take for its own. @param {string} file */
function checkExports(file) {
  const listing = execFileSync('x86_64-w64-mingw32-objdump', ['-p', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const table = listing.split('[Ordinal/Name Pointer] Table')[1]?.split('\n\n')[0] ?? '';
  const names = [...table.matchAll(/^\s*\[\s*\d+\] (\S+)$/gm)].map(([, name]) => name);
  if (names.join() !== exported.join()) throw new Error(`${file} exports ${names.join(', ') || 'nothing'}`);
}

function build() {
  need({
    flock: 'util-linux',
    cmake: 'cmake',
    make: 'make',
    'x86_64-w64-mingw32-g++-posix': 'g++-mingw-w64-x86-64',
  });
  checkSources();
  const ubsan = process.argv.includes('--ubsan');
  const folder = `${root}/build-win32${ubsan ? '-ubsan' : ''}`;
  const file = compile(folder, ubsan);
  checkExports(file);
  const result = ubsan ? `${folder}/fdreactor.node` : `${root}/prebuilds/win32-x64/fdreactor.node`;
  mkdirSync(dirname(result), { recursive: true });
  copyFileSync(file, `${result}.new`);
  renameSync(`${result}.new`, result);
  console.log(result.replace(`${root}/`, ''));
}

try {
  build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
