// @ts-check
// scripts/docs/ writes the generated parts of docs/ and runs the examples.
//
// `npm run docs:api` writes the reference, docs/api, from the comments of lib/ by typedoc (typedoc.json). With
// --check, for the lint, it only compares. It fails for an export without a comment and for a broken link. typedoc
// needs an older TypeScript than the project, so it is not a dependency: it is installed once, into a cache folder.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cacheFolder, run } from '../shared/cache.mjs';
import { root } from '../shared/sources.mjs';

const PACKAGES = ['typedoc@0.28.20', 'typedoc-plugin-markdown@4.14.1', 'typescript@6.0.3'];
const reference = `${root}/docs/api`;

/** @returns {Promise<string>} the folder that has the packages */
async function typedocPackages() {
  const key = PACKAGES.map((name) => name.split('@')[1]).join('-');
  const folder = await cached(`${cacheFolder('fdreactor-typedoc')}/${key}`, PACKAGES.join(', '), (folder) => {
    const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', ['install', '--prefix', folder, ...options, ...PACKAGES], folder);
  });
  return `${folder}/node_modules`;
}

/** @param {string} out what is there is replaced */
async function generate(out) {
  const packages = await typedocPackages();
  const plugin = `${packages}/typedoc-plugin-markdown/dist/index.js`;
  const args = ['--options', 'typedoc.json', '--plugin', plugin, '--out', out];
  const { status } = spawnSync(process.execPath, [`${packages}/typedoc/bin/typedoc`, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`typedoc ended with ${status}`);
}

/** @param {string} folder @returns {Map<string, string>} the files under it, by path */
function textsOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

/** @returns {Promise<string[]>} the files of docs/api that are not what they should be */
async function staleFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-api-'));
  try {
    await generate(folder);
    const [fresh, kept] = [textsOf(folder), textsOf(reference)];
    return [...new Set([...fresh.keys(), ...kept.keys()])].filter((file) => fresh.get(file) !== kept.get(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv.includes('--check')) {
  const stale = await staleFiles();
  for (const file of stale) console.error(`docs/api/${file} is not what the comments of lib/ give: npm run docs:api`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  await generate(reference);
}
