// Why the add-on could not be loaded, as one error that says what to do. What the system or the runtime said is its
// `cause`. A new way to fail is one line in REASONS.
import { describeProcess, libc, runtime } from './target.js';

/** No binary fits this platform, or the one that was named is not there. */
export const NO_BINARY = 'ERR_FDREACTOR_NO_BINARY';
/** There is one, but it cannot be loaded: damaged, of another system, in a folder that allows no programs. */
export const BAD_BINARY = 'ERR_FDREACTOR_BAD_BINARY';
/** It is the add-on of another version of this package, or of another package. */
export const OTHER_VERSION = 'ERR_FDREACTOR_OTHER_VERSION';
/** The runtime was told not to load add-ons. */
export const NOT_PERMITTED = 'ERR_FDREACTOR_NOT_PERMITTED';

type Code = typeof NO_BINARY | typeof BAD_BINARY | typeof OTHER_VERSION | typeof NOT_PERMITTED;

const DENO_ALLOW = '--allow-ffi --allow-read --allow-env';
const BUILD = 'To build it from source on this machine: npx fdreactor build';
const AGAIN = `Install the package again, on the machine that runs it: npm install --force fdreactor\n${BUILD}`;

export class LoadError extends Error {
  override readonly name: string = 'LoadError';
  readonly code: Code;

  constructor(code: Code, message: string, cause?: unknown) {
    super(`fdreactor: ${message}`, cause === undefined ? {} : { cause });
    this.code = code;
  }
}

/** Where no binary was found, and what the system or the runtime said there. */
export interface Place {
  readonly file: string;
  readonly error: NodeJS.ErrnoException;
}

/** Node's permission model, and Deno's. */
const isDenied = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'ERR_ACCESS_DENIED' || (error as Error).name === 'NotCapable';

/** @param packageFolder what would have to be readable where the package's own places may not be looked at */
export function noBinary(places: readonly Place[], packageFolder: string): LoadError {
  const lines = places.map(({ file, error }) => `  ${file}${isDenied(error) ? ' (denied)' : ''}`);
  const looked = `${placeOf(undefined)}\nLooked for in:\n${lines.join('\n')}`;
  const denied = places.find(({ error }) => isDenied(error));
  if (denied === undefined || !denied.file.startsWith(packageFolder)) {
    return new LoadError(NO_BINARY, `there is no binary for this system\n${looked}\n${BUILD}`, places[0]?.error);
  }
  const allow = denied.error.name === 'NotCapable' ? DENO_ALLOW : `--allow-addons --allow-fs-read=${packageFolder}/*`;
  const message = `no binary is found, for ${runtime()} was started without permission to look\n${looked}\nAdd: ${allow}`;
  return new LoadError(NOT_PERMITTED, message, denied.error);
}

export function namedButNotThere(file: string, cause: unknown): LoadError {
  const message = `FDREACTOR_BINARY names a file that is not there: ${file}\nCorrect it, or unset it to use the package's own binary.`;
  return new LoadError(NO_BINARY, message, cause);
}

export function badFile(file: string, fault: string): LoadError {
  return new LoadError(BAD_BINARY, `the binary cannot be used: ${fault}\n${placeOf(file)}\n${AGAIN}`);
}

/** @param version what the file exports; anything but a string is not an add-on of fdreactor */
export function otherVersion(file: string, version: unknown, own: string): LoadError {
  const found = typeof version === 'string' ? `of fdreactor ${version}` : 'not of fdreactor';
  return new LoadError(OTHER_VERSION, `the binary is ${found}, this is ${own}\n${placeOf(file)}\n${AGAIN}`);
}

const placeOf = (file: string | undefined): string =>
  `${file === undefined ? '' : `The file: ${file}\n`}This process: ${describeProcess()}`;

const ELSEWHERE =
  'Install the package in a folder that allows it; or copy the file to one, and name the copy in FDREACTOR_BINARY.';

function missingLibrary(words: string): string {
  const name = /lib[\w+-]*\.[\w.+-]+|ld-[\w.-]+/.exec(words)?.[0] ?? 'a library';
  const wants = /musl/.test(name) ? 'musl' : /^(ld-linux|libc\.so\.6)/.test(name) ? 'glibc' : undefined;
  if (wants !== undefined && wants !== libc()) return `it is for ${wants}, and this system has another C library`;
  return `it needs ${name}, which this system does not have`;
}

interface Reason {
  readonly words: RegExp;
  readonly code?: Code;
  readonly why: (words: string) => string;
  readonly remedy?: string;
}

// The first that the error's code or message matches. glibc, musl and macOS each have their own words; Node, Bun and
// Deno pass them on.
const REASONS: readonly Reason[] = [
  {
    words: /ERR_DLOPEN_DISABLED/,
    code: NOT_PERMITTED,
    why: () => 'node was started without permission to load add-ons',
    remedy: 'With --permission, add: --allow-addons. With --no-addons, leave that out.',
  },
  {
    words: /ERR_ACCESS_DENIED/,
    code: NOT_PERMITTED,
    why: () => 'node was started without permission for what it needs',
    remedy: 'Add: --allow-addons, and --allow-fs-read= for the package and for a file that FDREACTOR_BINARY names',
  },
  {
    words: /NotCapable|Requires \w+ access/,
    code: NOT_PERMITTED,
    why: () => 'deno was started without permission to load add-ons',
    remedy: `Add: ${DENO_ALLOW}`,
  },
  {
    words: /version [`'](GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/,
    why: (words) => {
      const [, library, version] = /[`'](\w+?)_([\d.]+)'/.exec(words) ?? [];
      return `it needs ${library === 'GLIBC' ? 'glibc' : 'libstdc++'} ${version} (${library}), and this system's is older`;
    },
    remedy: BUILD,
  },
  {
    words: /failed to map segment|Operation not permitted|EPERM/,
    why: () => 'its folder is on a file system that allows no programs (mounted noexec)',
    remedy: ELSEWHERE,
  },
  { words: /EACCES|Permission denied|permission denied/, why: () => 'it may not be read', remedy: ELSEWHERE },
  {
    words: /cannot open shared object file|Error loading shared library|libc\.so: invalid ELF header/,
    why: missingLibrary,
    remedy: BUILD,
  },
  { words: /symbol not found|undefined symbol/, why: () => 'it was made for another runtime or C library' },
];

/** What node's permission model says of a refusal: such as `FileSystemRead /app/a.node`. */
function deniedBy(error: unknown): string[] {
  const { permission, resource = '' } = (error ?? {}) as { permission?: string; resource?: string };
  return permission === undefined ? [] : [`Denied: ${permission} ${resource}`];
}

/** For what was thrown while a file was looked for or loaded. */
export function cannotLoad(file: string | undefined, error: unknown): LoadError {
  const { code = '', name = '', message = String(error) } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const words = `${code} ${name} ${message}`;
  const reason = REASONS.find((candidate) => candidate.words.test(words));
  const why = reason?.why(message) ?? `the system says: ${message.split('\n')[0]}`;
  const lines = [`the binary cannot be loaded: ${why}`, ...deniedBy(error), placeOf(file), reason?.remedy ?? AGAIN];
  return new LoadError(reason?.code ?? BAD_BINARY, lines.join('\n'), error);
}
