// Prints the add-on's sources for a platform, one path a line: `node native/sources.mjs linux`. fdreactor.gypi and
// CMakeLists.txt ask it, so a source that is added to a folder is compiled. A folder of sys/ and bind/ is a build
// condition; what stands in no folder, in bind/host/, in sys/message/ or in sys/streams/ is compiled everywhere.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const posix = ['posix', 'posix/message'];
const linux = ['linux', 'linux/fds', 'linux/ioctl'];
const kqueue = [...posix, 'kqueue', 'bsd'];
/** The folders of each platform, by gyp's names; libkqueue is kqueue on Linux, for the tests. */
const platforms = {
  linux: [...posix, ...linux, 'epoll'],
  libkqueue: [...posix, ...linux, 'kqueue'],
  mac: kqueue,
  freebsd: kqueue,
  openbsd: kqueue,
  netbsd: kqueue,
  win: ['windows', 'windows/port', 'windows/streams'],
};

const [system, instead] = process.argv.slice(2);
const folders = platforms[instead ?? system];
if (folders === undefined)
  throw new Error(`usage: node native/sources.mjs ${Object.keys(platforms).join('|')} [libkqueue]`);

/** @param {string} folder relative to native/ */
function sourcesIn(folder) {
  const url = new URL(`${folder}/`, import.meta.url);
  const names = existsSync(fileURLToPath(url)) ? readdirSync(url) : [];
  return names.filter((name) => name.endsWith('.cc')).map((name) => `native/${folder}/${name}`);
}

const all = ['bind', 'sys'].flatMap((room) =>
  ['', '/host', '/message', '/streams', ...folders.map((name) => `/${name}`)].map((name) => room + name),
);
console.log(['native/addon.cc', ...all.flatMap(sourcesIn)].sort().join('\n'));
