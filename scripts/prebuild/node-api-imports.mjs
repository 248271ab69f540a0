// @ts-check
// Writes a source file for the Windows build: a pointer for each function of Node-API, under the name through which
// calls of the function go (__imp_ and its own), and a table of them. The compiler takes them for an import library.
import { createRequire } from 'node:module';

const { symbols } = createRequire(import.meta.url)('node-api-headers');
const { js_native_api_symbols, node_api_symbols } = symbols.v8;
const names = [...new Set([...js_native_api_symbols, ...node_api_symbols])].sort();

console.log(`#include "${new URL('../../native/sys/windows/imports/node_imports.h', import.meta.url).pathname}"`);
console.log('extern "C" {');
for (const name of names) console.log(`void* __imp_${name};`);
console.log('}');
console.log('const fdreactor::NodeImport fdreactor::kNodeImports[] = {');
for (const name of names) console.log(`  {"${name}", &__imp_${name}},`);
console.log('  {nullptr, nullptr},\n};');
