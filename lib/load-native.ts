// The only file that loads the add-on: finds the binary, looks at it, loads it, and holds it against this version of the
// package. Whatever goes wrong is one error of load-error.ts.
import { faultOf } from './binary-file.js';
import { fs, ownUrl, path, require, url } from './builtins.js';
import { badFile, cannotLoad, LoadError, namedButNotThere, noBinary, notReadable, otherVersion } from './load-error.js';
import { arch, binaryFormat, libc, platform } from './target.js';
import { VERSION } from './version.js';

const { dirname, join, resolve } = path;

declare const __dirname: string;

// Bundled into a CommonJS file there is no URL of this module, and in a single executable no folder either.
const ownFolder =
  ownUrl !== undefined ? dirname(url.fileURLToPath(ownUrl)) : typeof __dirname === 'string' ? __dirname : '.';

/** Beside dist/. */
export const packageFolder = dirname(ownFolder);

/** Where the binary of a bundled program is put: beside the bundle, or beside a single executable. */
const BESIDE = [ownFolder, dirname(process.execPath)].map((folder) => join(folder, 'fdreactor.node'));

function ownPlaces(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') {
    return [`nowhere in ${packageFolder}: its dependency node-gyp-build is not installed`];
  }
  return ['build/Release', join('prebuilds', `${platform}-${arch}`)].map((part) => join(packageFolder, part));
}

/** What was named; else the package's own, from build/ or prebuilds/; else what lies beside the program. */
function find(): string {
  const named = process.env.FDREACTOR_BINARY;
  if (named !== undefined && named !== '') return resolve(named);
  try {
    return (require('node-gyp-build') as { path(folder: string): string }).path(packageFolder);
  } catch (error) {
    const beside = BESIDE.find((file) => fs.existsSync(file));
    if (beside !== undefined) return beside;
    if (process.permission?.has('fs.read', packageFolder) === false) throw notReadable(packageFolder, error);
    throw noBinary([...ownPlaces(error), ...BESIDE], error);
  }
}

/** node-gyp-build takes every Linux but Alpine for one with glibc. */
function ofMusl(file: string): string | undefined {
  const other = file.replace(/\.glibc\.node$/, '.musl.node');
  return other !== file && fs.existsSync(other) && libc() === 'musl' ? other : undefined;
}

function open(file: string): { version?: unknown } {
  const fault = faultOf(file, binaryFormat, arch);
  if (fault !== undefined) throw badFile(file, fault);
  try {
    return require(file) as object;
  } catch (error) {
    const other = ofMusl(file);
    if (other !== undefined) return open(other);
    throw error;
  }
}

/** The export table of native/addon.cc, which lib/native.ts describes. */
export function loadNative(): { table: unknown; file: string } {
  let file: string | undefined;
  try {
    file = find();
    const table = open(file);
    if (table.version !== VERSION) throw otherVersion(file, table.version, VERSION);
    return { table, file };
  } catch (error) {
    if (error instanceof LoadError) throw error;
    if (file !== undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') throw namedButNotThere(file, error);
    throw cannotLoad(file, error);
  }
}
