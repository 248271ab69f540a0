// @ts-check
// `npm run build:win32`: the add-on for 64-bit Windows, built on Linux by cmake-js and mingw-w64 into
// prebuilds/win32-x64/. With `-- --ubsan` another one, for the tests, that ends the process at the first undefined
// behaviour: build-win32-ubsan/fdreactor.node.
import { execFileSync } from 'node:child_process';
import { need } from './apt.mjs';
import { checkSources } from './build-sources.mjs';
import { crossBuild, publish } from './cmake-js.mjs';
import { root } from './sources.mjs';

const exported = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

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
  const defines = [`FDREACTOR_UBSAN=${ubsan ? 'ON' : 'OFF'}`];
  const file = crossBuild({ folder, arch: 'x64', toolchain: 'mingw-w64-x86_64.cmake', defines });
  checkExports(file);
  publish(file, ubsan ? `${folder}/fdreactor.node` : `${root}/prebuilds/win32-x64/fdreactor.node`);
}

try {
  build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
