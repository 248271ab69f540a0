// Under Node's permission model a program that may read its own folder, and nothing else, loads the add-on. Where a
// permission is missing, the error names what was denied and what to allow.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Outcome, runCommand } from '../helpers/child.js';
import { testWith } from '../helpers/needs.js';
import { isLinux } from '../helpers/platform.js';
import { copyPackage, type Failure, failureOf, goodBytes, importOf, makeFolder, writeBinary } from './package-copy.js';

const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
const notInOthers = { notInBun: 'it has no permission model', notInDeno: 'its permission model is another' };

/** Options of node: only these permissions. */
const permitted = (...permissions: string[]): { execArgv: string[] } => ({
  execArgv: [flag, '--no-warnings', ...permissions],
});
const reading = (...folders: string[]): string[] => folders.map((folder) => `--allow-fs-read=${join(folder, '*')}`);

/** An app with the package in its node_modules; nothing of it is found elsewhere. */
function makeApp(place?: string): { app: string; folder: string } {
  const app = makeFolder();
  const folder = join(app, 'node_modules', 'fdreactor');
  mkdirSync(join(app, 'node_modules'));
  renameSync(copyPackage(), folder);
  if (place !== undefined) writeBinary(folder, goodBytes(), place);
  return { app, folder };
}

const prebuilds = `prebuilds/${process.platform}-${process.arch}`;

testWith(notInOthers, 'the app folder is enough, wherever the package has its binary', async () => {
  const names = isLinux ? ['fdreactor.glibc.node', 'fdreactor.musl.node'] : ['fdreactor.node'];
  const installed = makeApp();
  for (const name of names) writeBinary(installed.folder, goodBytes(), `${prebuilds}/${name}`);
  const places = ['build/Release/fdreactor.node', `${prebuilds}/fdreactor.node`, 'dist/fdreactor.node'];
  for (const { app, folder } of [installed, ...places.map((place) => makeApp(place))]) {
    expect((await importOf(folder, permitted('--allow-addons', ...reading(app)))).backends).toHaveLength(1);
  }
});

testWith(notInOthers, 'the package works under it: sockets, timers, signals, wakers and attach()', async () => {
  const { app } = makeApp('build/Release/fdreactor.node');
  const program = join(app, 'program.mjs');
  writeFileSync(
    program,
    `import { Acceptor, Interest, Reactor } from 'fdreactor';
    import * as socket from 'fdreactor/socket';
    const reactor = new Reactor();
    const acceptor = new Acceptor(reactor, socket.listenTcp({ host: '127.0.0.1', port: 0 }), (fd) => {
      socket.close(fd);
      acceptor.close();
      waker.wake();
    });
    const waker = reactor.createWaker(() => reactor.setTimer(1, () => reactor.close()));
    reactor.onSignal('SIGTERM', () => {});
    reactor.attach();
    const fd = socket.connectTcp({ host: '127.0.0.1', port: socket.getsockname(acceptor.fd).port });
    reactor.register(fd, Interest.READABLE, (_ready, connection) => connection.close());
    process.on('exit', () => console.log('done', reactor.closed));`,
  );
  const outcome = await run(program, '--allow-addons', ...reading(app));
  expect(outcome).toMatchObject({ code: 0, stderr: '', stdout: 'done true\n' });
});

function run(program: string, ...permissions: string[]): Promise<Outcome> {
  const { execArgv } = permitted(...permissions);
  return runCommand([process.execPath, ...execArgv, program], { env: { FDREACTOR_BINARY: '' } });
}

function expectNotPermitted(failure: Failure, ...words: string[]): void {
  expect(failure.code).toBe('ERR_FDREACTOR_NOT_PERMITTED');
  for (const word of ['fdreactor: ', ...words]) expect(failure.message).toContain(word);
}

testWith(notInOthers, 'to load add-ons it needs --allow-addons, and the error asks for nothing more', async () => {
  const { app, folder } = makeApp('build/Release/fdreactor.node');
  const failure = await failureOf(folder, permitted(...reading(app)));
  expectNotPermitted(failure, '--allow-addons');
  expect(failure.message).not.toContain('--allow-fs-read');
  expect(failure.cause?.code).toBe('ERR_DLOPEN_DISABLED');
});

testWith(
  notInOthers,
  'to read its JavaScript alone is too little: the error names each path that was denied',
  async () => {
    const { folder } = makeApp('build/Release/fdreactor.node');
    const failure = await failureOf(folder, permitted('--allow-addons', ...reading(join(folder, 'dist'))));
    const denied = [join(folder, 'build/Release/fdreactor.node'), join(folder, prebuilds, 'fdreactor.node')];
    expectNotPermitted(failure, ...denied.map((file) => `${file} (denied)`), `--allow-fs-read=${folder}/*`);
    expect(failure.message).not.toContain(`${join(folder, 'dist/fdreactor.node')} (denied)`);
    expect(failure.cause?.code).toBe('ERR_ACCESS_DENIED');
  },
);

testWith(notInOthers, 'a file that FDREACTOR_BINARY names has to be readable too: the error names it', async () => {
  const { app, folder } = makeApp('build/Release/fdreactor.node');
  const file = writeBinary(makeFolder(), goodBytes(), 'named.node');
  const env = { FDREACTOR_BINARY: file };
  const failure = await failureOf(folder, { ...permitted('--allow-addons', ...reading(app)), env });
  expectNotPermitted(failure, `The file: ${file}`, 'Denied: FileSystemRead', '--allow-fs-read');
  const both = permitted('--allow-addons', ...reading(app), `--allow-fs-read=${file}`);
  expect((await importOf(folder, { ...both, env })).backends).toHaveLength(1);
});

testWith(notInOthers, 'a denied place beside the executable counts as one without a binary', async () => {
  const { app, folder } = makeApp();
  const failure = await failureOf(folder, permitted('--allow-addons', ...reading(app)));
  expect(failure.code).toBe('ERR_FDREACTOR_NO_BINARY');
  expect(failure.message).toContain('fdreactor.node (denied)');
});

testWith(
  { ...notInOthers, notUnderWine: 'Wine makes no links' },
  'a link to the package needs permission for where it leads',
  async () => {
    const { folder } = makeApp('build/Release/fdreactor.node');
    const app = makeFolder();
    symlinkSync(folder, join(app, 'linked'), 'junction');
    const allowed = permitted('--allow-addons', ...reading(app, folder));
    expect((await importOf(join(app, 'linked'), allowed)).backends).toHaveLength(1);
  },
);

test('--no-addons', async () => {
  const { folder } = makeApp('build/Release/fdreactor.node');
  expectNotPermitted(await failureOf(folder, { execArgv: ['--no-addons'] }), '--no-addons');
});

testWith(
  { needs: 'epoll', ...notInOthers },
  'of two C libraries the prebuilt binary is the one of this process',
  async () => {
    const { glibcVersionRuntime } = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header;
    const own = glibcVersionRuntime === undefined ? 'musl' : 'glibc';
    const { app, folder } = makeApp();
    for (const name of ['glibc', 'musl']) {
      writeBinary(folder, name === own ? goodBytes() : Buffer.from('another'), `${prebuilds}/fdreactor.${name}.node`);
    }
    expect((await importOf(folder)).backends).toHaveLength(1);
    expect((await importOf(folder, permitted('--allow-addons', ...reading(app)))).backends).toHaveLength(1);
  },
);
