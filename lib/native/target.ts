// What this process is, for the one who has no add-on to ask: which binary fits it, and what to call it in a message.
/** The version of Node-API that the add-on is compiled for (NAPI_VERSION in binding.gyp). */
const NODE_API = 8;

export type BinaryFormat = 'ELF' | 'Mach-O' | 'PE';

export const { platform, arch } = process;

/** In what format this system wants its programs. */
export const binaryFormat: BinaryFormat = platform === 'darwin' ? 'Mach-O' : platform === 'win32' ? 'PE' : 'ELF';

/** No file can be there, so dlopen(3) fails, and says so in the words of its C library. */
const NO_LIBRARY = '/dev/null/fdreactor.node';

/**
 * The C library of this process, on Linux; undefined where the loader does not tell. It asks the loader and reads no
 * file: /etc and /proc need a permission of their own. A report of `process.report` would stop every worker.
 */
export function libc(): 'glibc' | 'musl' | undefined {
  if (platform !== 'linux') return undefined;
  if (process.versions.deno !== undefined) return 'glibc'; // the only one it is made for; it would ask the user first
  try {
    process.dlopen({ exports: {} }, NO_LIBRARY);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith('Error loading shared library')) return 'musl';
    return message.includes('cannot open shared object file') ? 'glibc' : undefined; // or add-ons are not allowed
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
