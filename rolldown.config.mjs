// The library as it is shipped: one file an entry of package.json, and one for what several of them need. As many files
// as lib/ has would make an import three times as slow. The declarations are tsc's, a file each.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { exports, bin } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const files = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)];
// The program of a worker thread is loaded by its URL.
const names = [...files.filter(Boolean).map((file) => /^\.\/dist\/(.*)\.js$/.exec(file)[1]), 'workers/main'];

export default defineConfig({
  input: Object.fromEntries(names.map((name) => [name, `lib/${name}.ts`])),
  platform: 'node',
  tsconfig: 'tsconfig.json',
  output: {
    dir: 'dist',
    format: 'es',
    // Not in a folder: native/load.ts knows that it is in dist/ itself.
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: [
        // Apart from what loads the add-on, for the command that builds the add-on.
        { name: 'target', test: /lib[\\/]native[\\/](builtins|target|version)\.ts$/, priority: 1 },
        { name: 'shared', minShareCount: 2 },
      ],
    },
  },
});
