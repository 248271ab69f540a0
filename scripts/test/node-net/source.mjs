// @ts-check
// Gets the tests of Node: out of a checkout, or out of the source package of Debian, kept in the cache folder of the
// user. They are not part of the project.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cached, cacheFolder, digest, run } from '../../shared/cache.mjs';

const CACHE = cacheFolder('fdreactor-node-net');
/** Releases of Debian in which a source of Node is looked for. */
const SUITES = ['trixie', 'sid'];
const MAJOR = process.versions.node.split('.')[0];
/** All of test/ that the files need; the others are 300 MB. */
const WANTED = ['common/*', 'fixtures/*', 'parallel/test-net-*', 'sequential/test-net-*'].map(
  (name) => `*/test/${name}`,
);

/** Why there are no tests, in words. */
export class NoSource extends Error {}

/** Node's folder test/. @param {string | undefined} checkout of nodejs/node @returns {Promise<string>} */
export async function testsOfNode(checkout) {
  if (checkout === undefined) return `${await fromDebian()}/test`;
  if (existsSync(`${checkout}/test/common/index.js`)) return `${checkout}/test`;
  throw new NoSource(`there is no test/common/index.js in ${checkout}`);
}

/** The mirror that this machine installs from. */
function mirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder) : []).map((name) => `${folder}/${name}`),
  ];
  const text = files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const [found] = text.match(/https?:\/\/[^\s]+\/debian\/?(?=\s)/) ?? [];
  if (found === undefined) throw new NoSource('this is no Debian, whose package of sources has the tests of Node');
  return found;
}

async function fromDebian() {
  const uri = mirror();
  const folder = `${CACHE}/${digest(MAJOR ?? '', ...SUITES, ...WANTED)}`;
  return cached(folder, `the tests of Node ${MAJOR}`, (target) => {
    const apt = `${target}/apt`;
    let archive;
    for (const suite of SUITES) archive ??= fetchFrom(uri, suite, apt);
    if (archive === undefined) throw new NoSource(`Debian has no source of Node ${MAJOR}: ${SUITES.join(', ')}`);
    run('tar', ['-xJf', archive, '--strip-components=1', '--wildcards', '--exclude=*/wpt/*', ...WANTED], target);
    rmSync(apt, { recursive: true });
  });
}

/**
 * The archive of the source; undefined where the suite has another version.
 * @param {string} uri of the mirror @param {string} suite @param {string} folder for what apt writes
 */
function fetchFrom(uri, suite, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(`${folder}/lists/partial`, { recursive: true });
  mkdirSync(`${folder}/cache`);
  writeFileSync(`${folder}/sources.list`, `deb-src ${uri} ${suite} main\n`);
  const options = [
    `Dir::Etc::SourceList=${folder}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  /** @param {string} program @param {string[]} args */
  const apt = (program, ...args) => spawnSync(program, [...options, ...args], { cwd: folder, encoding: 'utf8' });
  apt('apt-get', '-qq', 'update');
  const { stdout = '' } = apt('apt-cache', 'showsrc', 'nodejs');
  const [version] = (stdout ?? '').match(new RegExp(`(?<=^Version: )${MAJOR}\\..*$`, 'm')) ?? [];
  if (version === undefined) return undefined;
  apt('apt-get', '-qq', 'source', '--download-only', '--tar-only', `nodejs=${version}`);
  const name = readdirSync(folder).find((file) => /\.orig\.tar\.xz$/.test(file));
  return name === undefined ? undefined : `${folder}/${name}`;
}
