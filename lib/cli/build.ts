// `npx fdreactor build`: the add-on compiled on this machine by node-gyp, into build/Release of the package's own
// folder, where it is found before any other binary. Says what is missing before it begins, and loads the result at the
// end.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adviceFor, missingTools } from './build-tools.js';
import { findOnPath } from './find-on-path.js';

const NODE_GYP = 'node-gyp@12';

const packageFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Why nothing can be built in the package's folder, in words. */
function whyNotHere(): string | undefined {
  if (!existsSync(join(packageFolder, 'fdreactor.gypi'))) return `there are no sources in ${packageFolder}`;
  const build = join(packageFolder, 'build');
  try {
    for (const folder of [packageFolder, build].filter((path) => existsSync(path))) accessSync(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    const copy = `Copy the package to a folder that can be written, run the copy's dist/cli/main.js build,
and name what it made in the environment: FDREACTOR_BINARY=.../build/Release/fdreactor.node`;
    return `cannot write to ${packageFolder} (${(error as NodeJS.ErrnoException).code})\n${copy}`;
  }
}

/** The node that compiles: this one, or where another runtime runs this, the one on PATH. */
const node = process.versions.bun === undefined && process.versions.deno === undefined ? process.execPath : 'node';

/**
 * npm's own node-gyp, which needs no network; what npm said of itself first, then beside node, then beside npm on PATH.
 */
function findNodeGyp(): string | undefined {
  const { npm_config_node_gyp: said, npm_execpath: npm } = process.env;
  const inNpm = (folder: string): string => join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const prefix = dirname(process.execPath);
  const root = spawnSync('npm', ['root', '-g'], { encoding: 'utf8', shell: true }).stdout?.trim();
  const candidates = [
    join(packageFolder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
    said,
    npm === undefined ? undefined : inNpm(dirname(dirname(npm))),
    inNpm(join(dirname(prefix), 'lib', 'node_modules', 'npm')),
    inNpm(join(prefix, 'node_modules', 'npm')),
    root ? inNpm(join(root, 'npm')) : undefined,
    '/usr/share/nodejs/node-gyp/bin/node-gyp.js',
  ];
  return candidates.find((file) => file?.endsWith('.js') === true && existsSync(file));
}

/** Node's headers, where they came with node: else node-gyp uses those that it was told of, or fetches them. */
function headers(): string[] {
  if (process.env.npm_config_nodedir !== undefined) return [];
  const folder = dirname(dirname(process.execPath));
  return existsSync(join(folder, 'include', 'node', 'node_api.h')) ? [`--nodedir=${folder}`] : [];
}

function runNodeGyp(options: readonly string[]): boolean {
  const nodeGyp = findNodeGyp();
  const args = ['rebuild', '--loglevel=warn', ...headers(), ...options];
  const found = nodeGyp === undefined ? `npx --yes ${NODE_GYP}` : `${node} ${nodeGyp}`;
  console.log(`$ ${found} ${args.join(' ')}`);
  // fdreactor.gypi calls node by its name.
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}${delimiter}${dirname(process.execPath)}` };
  const settings = { cwd: packageFolder, stdio: 'inherit', env } as const;
  const { status, error } =
    nodeGyp === undefined
      ? spawnSync('npx', ['--yes', NODE_GYP, ...args], { ...settings, shell: process.platform === 'win32' })
      : spawnSync(node, [nodeGyp, ...args], settings);
  if (error !== undefined) console.error(error.message);
  return status === 0;
}

/** node-gyp wants a binding.gyp, and the package has none: package managers would build at the sight of it. */
function withBindingGyp<T>(body: () => T): T {
  const file = join(packageFolder, 'binding.gyp');
  if (existsSync(file)) return body();
  writeFileSync(file, "{ 'includes': ['fdreactor.gypi'] }\n");
  try {
    return body();
  } finally {
    rmSync(file);
  }
}

/** Loads what was built, and says so. */
async function tryIt(): Promise<number> {
  delete process.env.FDREACTOR_BINARY;
  try {
    const [{ capabilities }, { nativeFile }] = await Promise.all([import('../index.js'), import('../native/table.js')]);
    console.log(`built: ${nativeFile}\nit loads; backend: ${capabilities().backends[0] ?? 'none'}`);
    return 0;
  } catch (error) {
    console.error(`built, but it does not load:\n${(error as Error).message}`);
    return 1;
  }
}

/** @param options passed on to node-gyp @returns the exit code */
export async function build(options: readonly string[]): Promise<number> {
  const reason = whyNotHere();
  if (reason !== undefined) {
    console.error(reason);
    return 1;
  }
  const missing = missingTools(process.platform, process.env, findOnPath);
  if (missing.length > 0) {
    console.error(adviceFor(missing, process.platform, process.getuid?.() === 0, findOnPath));
    return 1;
  }
  if (withBindingGyp(() => runNodeGyp(options))) return tryIt();
  console.error(
    `\nnode-gyp could not build it: what stands above says why.\n${adviceFor([], process.platform, true, findOnPath)}`,
  );
  return 1;
}
