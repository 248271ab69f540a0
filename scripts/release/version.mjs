// @ts-check
// Writes the version of package.json into lib/ and native/, as part of `npm version`. With --check, for the lint, it
// only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from '../shared/sources.mjs';

const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));

/** @type {Record<string, RegExp>} what stands before it, and what behind */
const places = {
  'native/core/version.h': /(?<=kVersion = ")[^"]*(?=")/,
  'lib/native/version.ts': /(?<=VERSION = ')[^']*(?=')/,
};

for (const [file, pattern] of Object.entries(places)) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  if (pattern.exec(text)?.[0] === version) continue;
  if (process.argv.includes('--check')) {
    console.error(`${file} has not the version of package.json, ${version}: node scripts/release/version.mjs`);
    process.exitCode = 1;
  } else writeFileSync(`${root}/${file}`, text.replace(pattern, version));
}
