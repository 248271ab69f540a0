// The TypeScript compiler of the repository, on one project.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** What it says: nothing if all is well. */
export function compile(project: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}
