// @ts-check
// scripts/release/ prepares a version: CHANGELOG.md and the places that repeat the version.
//
// `node scripts/release/changelog.mjs VERSION` fails unless the newest entry of CHANGELOG.md is that version, `##
// 1.2.3 - 2026-01-31`, with text under it and nothing under "Unreleased". `npm version` runs it first (the script
// `preversion`), and the release runs it again.
import { readFileSync } from 'node:fs';
import { root } from '../shared/sources.mjs';

/** @param {string} text @returns {{ title: string, body: string }[]} */
function entriesOf(text) {
  const [, ...parts] = text.split(/^## /m);
  return parts.map((part) => {
    const [title = '', ...lines] = part.split('\n');
    return { title, body: lines.join('\n').trim() };
  });
}

/**
 * What is wrong with the changelog for a release of this version; nothing if all is well.
 * @param {string} text
 * @param {string} version
 */
function faultOf(text, version) {
  const entries = entriesOf(text);
  const released = entries.filter(({ title }) => title !== 'Unreleased');
  if (entries.some(({ title, body }) => title === 'Unreleased' && body !== '')) {
    return `what is under "Unreleased" goes under "## ${version} - ${new Date().toISOString().slice(0, 10)}"`;
  }
  const [newest] = released;
  if (newest?.title.split(' - ')[0] !== version)
    return `the newest entry is ${newest?.title ?? 'none'}, not ${version}`;
  if (!/ - \d{4}-\d{2}-\d{2}$/.test(newest.title))
    return `the entry of ${version} has no date: ## ${version} - YYYY-MM-DD`;
  return newest.body === '' ? `the entry of ${version} is empty` : undefined;
}

const version = process.argv[2] ?? process.env.npm_new_version;
if (version === undefined) throw new Error('which version? node scripts/release/changelog.mjs VERSION');
const fault = faultOf(readFileSync(`${root}/CHANGELOG.md`, 'utf8'), version);
if (fault !== undefined) {
  console.error(`CHANGELOG.md: ${fault}`);
  process.exitCode = 1;
}
