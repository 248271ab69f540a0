// @ts-check
// Lists the targets that the package has a prebuilt add-on for: the names that zig and CMake have for each, and the
// place where lib/native/load.ts looks for it.

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {string} arch as Node names it
 * @property {string} zig
 * @property {'Linux' | 'Darwin' | 'Windows'} system as CMake names it
 * @property {string} processor as CMake and the file's header name it
 * @property {string} file in prebuilds/
 */

// glibc 2.17 is older than that of any Linux which Node.js 20 runs on; macOS 10.15 is the oldest for it on Intel, and
// 11 the first there is on ARM.
/** @type {Target[]} */
export const targets = [
  {
    name: 'linux-x64-glibc',
    arch: 'x64',
    zig: 'x86_64-linux-gnu.2.17',
    system: 'Linux',
    processor: 'x86_64',
    file: 'linux-x64/fdreactor.glibc.node',
  },
  {
    name: 'linux-x64-musl',
    arch: 'x64',
    zig: 'x86_64-linux-musl',
    system: 'Linux',
    processor: 'x86_64',
    file: 'linux-x64/fdreactor.musl.node',
  },
  {
    name: 'linux-arm64-glibc',
    arch: 'arm64',
    zig: 'aarch64-linux-gnu.2.17',
    system: 'Linux',
    processor: 'aarch64',
    file: 'linux-arm64/fdreactor.glibc.node',
  },
  {
    name: 'linux-arm64-musl',
    arch: 'arm64',
    zig: 'aarch64-linux-musl',
    system: 'Linux',
    processor: 'aarch64',
    file: 'linux-arm64/fdreactor.musl.node',
  },
  {
    name: 'darwin-x64',
    arch: 'x64',
    zig: 'x86_64-macos.10.15',
    system: 'Darwin',
    processor: 'x86_64',
    file: 'darwin-x64/fdreactor.node',
  },
  {
    name: 'darwin-arm64',
    arch: 'arm64',
    zig: 'aarch64-macos.11.0',
    system: 'Darwin',
    processor: 'arm64',
    file: 'darwin-arm64/fdreactor.node',
  },
  {
    name: 'win32-x64',
    arch: 'x64',
    zig: 'x86_64-windows-gnu',
    system: 'Windows',
    processor: 'x86_64',
    file: 'win32-x64/fdreactor.node',
  },
  {
    name: 'win32-arm64',
    arch: 'arm64',
    zig: 'aarch64-windows-gnu',
    system: 'Windows',
    processor: 'aarch64',
    file: 'win32-arm64/fdreactor.node',
  },
];
