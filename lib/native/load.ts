// The only file that loads the add-on: finds the binary, looks at it, loads it, and holds it against this version of
// the package. Whatever goes wrong is one error of load-error.ts.
import { faultOf } from './binary-file.js';
import { fs, ownUrl, path, require, url } from './builtins.js';
import { badFile, cannotLoad, LoadError, namedButNotThere, noBinary, otherVersion, type Place } from './load-error.js';
import { arch, binaryFormat, libc, platform } from './target.js';
import { VERSION } from './version.js';

const { dirname, join, resolve } = path;

declare const __dirname: string;

// Bundled into a CommonJS file there is no URL of this module, and in a single executable no folder either.
const ownFolder =
  ownUrl !== undefined ? dirname(url.fileURLToPath(ownUrl)) : typeof __dirname === 'string' ? __dirname : '.';

/** Beside dist/. */
export const packageFolder = dirname(ownFolder);

/** Where a bundled program has its binary: beside the bundle, or beside a single executable. */
const BESIDE = [ownFolder, dirname(process.execPath)].map((folder) => join(folder, 'fdreactor.node'));

/**
 * Where a binary may be: built here, brought along (scripts/prebuild-targets.mjs has the names), or beside the program.
 */
function* places(): Generator<string> {
  for (const kind of ['Release', 'Debug']) yield join(packageFolder, 'build', kind, 'fdreactor.node');
  const prebuilt = join(packageFolder, 'prebuilds', `${platform}-${arch}`);
  if (platform === 'linux') yield join(prebuilt, `fdreactor.${libc() ?? 'glibc'}.node`);
  yield join(prebuilt, 'fdreactor.node');
  yield* BESIDE;
}

/** Why there is no file for this process at that place; undefined for one that is there. */
function whyNotAt(file: string): Error | undefined {
  try {
    fs.accessSync(file);
    return undefined;
  } catch (error) {
    return error as Error; // a place that may not be looked at has no file for this process
  }
}

/** What was named, or the first that is there. */
function find(): string {
  const named = process.env.FDREACTOR_BINARY;
  if (named !== undefined && named !== '') return resolve(named);
  const looked: Place[] = [];
  for (const file of places()) {
    const error = whyNotAt(file);
    if (error === undefined) return file;
    looked.push({ file, error });
  }
  throw noBinary(looked, packageFolder);
}

function open(file: string): { version?: unknown } {
  const fault = faultOf(file, binaryFormat, arch);
  if (fault !== undefined) throw badFile(file, fault);
  return require(file) as object;
}

/** The export table of native/addon.cc, which lib/native/table.ts describes. */
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
