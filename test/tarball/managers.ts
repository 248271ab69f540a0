// The package managers, each as a way to install something into a user's folder.
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { tools, type User } from './user.js';

export interface Manager {
  /** Adds packages of the registry; what the manager says of it. */
  install(user: User, registry: string, packages: readonly string[]): Promise<string>;
  /** Options that Node needs to run a program in the folder. */
  readonly execArgv: readonly string[];
}

const versionOf = (tool: string): string => JSON.parse(readFileSync(`${tools}/${tool}/package.json`, 'utf8')).version;

/** The npm that is on this machine. */
const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());

/** npm, pnpm and the first yarn read the same file. */
const npmrc = (registry: string): string => `registry=${registry}\nfund=false\naudit=false\nupdate-notifier=false\n`;

function classic(command: readonly string[], version: string): [string, Manager] {
  const install: Manager['install'] = async (user, registry, packages) => {
    user.write('.npmrc', npmrc(registry));
    return user.run([...command, ...packages]);
  };
  return [version, { install, execArgv: [] }];
}

const berry = `${tools}/@yarnpkg/cli-dist/bin/yarn.js`;

/** yarn 2 and later, in one of its ways to lay out packages. */
function modern(nodeLinker: string, execArgv: readonly string[]): [string, Manager] {
  const install: Manager['install'] = async (user, registry, packages) => {
    const settings = {
      nodeLinker,
      npmRegistryServer: registry,
      unsafeHttpWhitelist: ['127.0.0.1'],
      enableTelemetry: false,
      enableImmutableInstalls: false,
    };
    user.write('.yarnrc.yml', JSON.stringify(settings));
    user.write('yarn.lock', '');
    return user.run([process.execPath, berry, 'add', ...packages]);
  };
  return [`yarn ${versionOf('@yarnpkg/cli-dist')}, ${nodeLinker}`, { install, execArgv }];
}

export const managers = new Map<string, Manager>([
  classic([process.execPath, npm, 'install'], 'npm'),
  classic([`${tools}/@pnpm/exe.linux-x64/pnpm`, 'add'], `pnpm ${versionOf('@pnpm/exe.linux-x64')}`),
  classic([process.execPath, `${tools}/pnpm-10/bin/pnpm.cjs`, 'add'], `pnpm ${versionOf('pnpm-10')}`),
  classic([process.execPath, `${tools}/yarn/bin/yarn.js`, 'add'], `yarn ${versionOf('yarn')}`),
  modern('node-modules', []),
  modern('pnp', ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs']),
]);
