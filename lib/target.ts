// What this process is, for the one who has no add-on to ask: which binary fits it, and what to call it in a message.
import { fs } from './builtins.js';

/** The version of Node-API that the add-on is compiled for (NAPI_VERSION in binding.gyp). */
const NODE_API = 8;

export type BinaryFormat = 'ELF' | 'Mach-O' | 'PE';

export const { platform, arch } = process;

/** In what format this system wants its programs. */
export const binaryFormat: BinaryFormat = platform === 'darwin' ? 'Mach-O' : platform === 'win32' ? 'PE' : 'ELF';

/** The C library of this process, on Linux; nothing where that cannot be seen. Reads a file, so for messages only. */
export function libc(): 'glibc' | 'musl' | undefined {
  if (platform !== 'linux') return undefined;
  try {
    const maps = fs.readFileSync('/proc/self/maps', 'latin1');
    if (/\/(ld-musl-|libc\.musl-|libc\.so\n)/.test(maps)) return 'musl';
    return /\/(libc\.so\.6|libc-[\d.]+\.so)\n/.test(maps) ? 'glibc' : undefined;
  } catch {
    return undefined; // no /proc, or no permission to read it: then nobody knows
  }
}

/** Such as `node 20.20.2`. */
export function runtime(): string {
  const { electron, bun, deno, node } = process.versions;
  if (electron !== undefined) return `electron ${electron}`;
  if (bun !== undefined) return `bun ${bun}`;
  return deno === undefined ? `node ${node}` : `deno ${deno}`;
}

/** Such as `linux x64 glibc, Node-API 9 (8 is needed), node 20.20.2`. */
export function describeProcess(): string {
  const system = [platform, arch, libc()].filter(Boolean).join(' ');
  return `${system}, Node-API ${process.versions.napi ?? 'unknown'} (${NODE_API} is needed), ${runtime()}`;
}
