// `npx fdreactor`: its command line, the doctor on this machine, and what `build` says before it begins. (That it
// builds is tested with the tarball: test/tarball/build.test.ts.)
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { capabilities } from 'fdreactor';
import { describe, expect, test } from 'vitest';
import { adviceFor, missingTools } from '../../lib/cli/build-tools.js';
import { type ChildOptions, type Outcome, runCommand } from '../helpers/child.js';
import { testUnless, testWith } from '../helpers/needs.js';
import { copyPackage, goodBytes, makeFolder, version } from './package-copy.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

const command = (args: string[], options: ChildOptions = {}, folder = root): Promise<Outcome> =>
  runCommand([...(options.wrap ?? []), process.execPath, join(folder, 'dist/cli/main.js'), ...args], options);

describe('the command line', () => {
  test('nothing, --help, -h: what there is, exit code 0', async () => {
    for (const args of [[], ['--help'], ['-h'], ['doctor', '--help']]) {
      const { code, stdout } = await command(args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^usage: npx fdreactor build/);
    }
  });

  test('what it does not understand: what there is, exit code 2', async () => {
    const wrong = [
      ['bild'],
      ['--zzz'],
      ['doctor', 'x'],
      ['doctor', '--connections'],
      ['doctor', '--connections', '0'],
      ['doctor', '--connections', 'many'],
      ['doctor', '--connections', '1.5'],
      ['--json=1', 'doctor'],
    ];
    for (const args of wrong) {
      const { code, stdout, stderr } = await command(args);
      expect([code, stdout], args.join(' ')).toEqual([2, '']);
      expect(stderr).toContain('usage: npx fdreactor build');
    }
  });
});

describe('doctor', () => {
  test('as JSON: the add-on, the limits, and what they allow', async () => {
    const { code, stdout } = await command(['doctor', '--json', '--connections', '20']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ version, connections: 20, addon: { capabilities: capabilities() } });
    expect(report.limits.length).toBeGreaterThan(1);
    for (const role of ['server', 'client', 'data']) {
      const { connections, boundBy } = report[role];
      expect(connections).toBeGreaterThan(0);
      expect(report.limits.find((limit: { name: string }) => limit.name === boundBy).allows).toBe(connections);
    }
  });

  test('as text: the same, for people', async () => {
    const { code, stdout } = await command(['doctor']);
    expect(code).toBe(0);
    for (const word of ['system', 'backend', 'LIMIT', 'AT MOST', process.arch]) expect(stdout).toContain(word);
  });

  testWith({ needs: 'shell' }, 'the limit of open files is the one of the shell that starts it', async () => {
    const wrap = ['sh', '-c', 'ulimit -n 1000 && exec "$0" "$@"'];
    const { stdout } = await command(['doctor', '--json', '--connections', '100000'], { wrap });
    const { server, limits } = JSON.parse(stdout);
    expect(server.connections).toBeLessThan(1000);
    expect(server.boundBy).toMatch(/nofile|ulimit/);
    expect(limits.find(({ name }: { name: string }) => name === server.boundBy).raise.join('\n')).toContain(
      'ulimit -n 100064',
    );
  });

  test('where the add-on cannot be loaded: why, and all the rest; exit code 1', async () => {
    const folder = copyPackage(goodBytes().subarray(0, 5000));
    for (const args of [[], ['--json']]) {
      const { code, stdout, stderr } = await command(['doctor', ...args], { env: { FDREACTOR_BINARY: '' } }, folder);
      expect([code, stderr]).toEqual([1, '']);
      expect(stdout).toContain('the binary cannot be used');
      expect(stdout).toContain('memory');
    }
  });
});

describe('build, before it begins', () => {
  test('a package without its sources', async () => {
    const { code, stderr } = await command(['build'], {}, copyPackage());
    expect(code).toBe(1);
    expect(stderr).toContain('there are no sources');
  });

  const mayMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;
  const notMounted = mayMount ? undefined : 'unshare(1) makes no mount namespace for this user';

  testUnless(notMounted, 'a folder that cannot be written: says so, and what to do', async () => {
    const folder = copyPackage();
    cpSync(join(root, 'fdreactor.gypi'), join(folder, 'fdreactor.gypi'));
    const place = makeFolder();
    const script = `mount -t tmpfs tmpfs "$0"; cp -rL "${folder}/." "$0"; mount -o remount,ro "$0"; exec "$@"`;
    const wrap = ['unshare', '--map-root-user', '--mount', 'sh', '-ec', script, place];
    const { code, stderr } = await command(['build'], { wrap }, place);
    expect(code).toBe(1);
    expect(stderr).toContain(`cannot write to ${place} (EROFS)`);
    expect(stderr).toContain('FDREACTOR_BINARY');
  });

  testWith({ needs: 'shell' }, 'no compiler: what is missing, and the line that installs it', async () => {
    const folder = copyPackage();
    cpSync(join(root, 'fdreactor.gypi'), join(folder, 'fdreactor.gypi'));
    const { code, stderr } = await command(['build'], { env: { PATH: makeFolder(), CXX: '', PYTHON: '' } }, folder);
    expect(code).toBe(1);
    expect(stderr).toContain('a C++17 compiler');
  });
});

describe('what to install', () => {
  const having =
    (...there: string[]) =>
    (program: string) =>
      there.includes(program) ? `/usr/bin/${program}` : undefined;

  test('only what is missing', () => {
    expect(missingTools('linux', {}, having('c++', 'make', 'python3'))).toEqual([]);
    expect(missingTools('linux', {}, having('clang++', 'make', 'python'))).toEqual([]);
    expect(missingTools('linux', {}, having('c++', 'python3'))).toEqual(['make']);
    expect(missingTools('linux', {}, having())).toEqual(['compiler', 'make', 'python']);
    expect(
      missingTools('linux', { CXX: 'ccache g++-14', PYTHON: '/opt/py' }, having('ccache', 'make', '/opt/py')),
    ).toEqual([]);
    expect(missingTools('freebsd', {}, having('c++', 'make', 'python3'))).toEqual(['make']);
    expect(missingTools('win32', {}, having('py'))).toEqual([]);
    expect(missingTools('win32', {}, having())).toEqual(['python']);
  });

  const lines: [system: string, manager: string, line: string][] = [
    ['linux', 'apt-get', 'apt-get update && sudo apt-get install -y g++ make python3'],
    ['linux', 'dnf', 'sudo dnf install -y gcc-c++ make python3'],
    ['linux', 'apk', 'sudo apk add g++ make python3'],
    ['linux', 'pacman', 'sudo pacman -S --needed gcc make python'],
    ['linux', 'zypper', 'sudo zypper install -y gcc-c++ make python3'],
    ['linux', 'nothing', 'with the package manager of your system'],
    ['freebsd', 'pkg', 'sudo pkg install -y llvm gmake python3'],
    ['openbsd', 'pkg_add', 'doas pkg_add llvm gmake python3'],
    ['darwin', 'brew', 'xcode-select --install'],
    ['win32', 'winget', 'Microsoft.VisualStudio.Workload.VCTools'],
  ];

  test.each(lines)('%s with %s: %s', (system, manager, line) => {
    expect(adviceFor(['compiler', 'make', 'python'], system, false, having(manager))).toContain(line);
  });

  test('as root there is no sudo', () => {
    expect(adviceFor(['make'], 'linux', true, having('apt-get'))).toMatch(
      / {2}apt-get update && apt-get install -y make$/,
    );
  });
});
