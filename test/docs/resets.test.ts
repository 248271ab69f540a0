// Every server of the pages lives on when peers reset their connections, at any point: it serves those that come after
// them, prints what the page says, and ends as it would have. besiege.ts has the peers.
import { copyFileSync, mkdirSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { connect } from '../examples/clients.js';
import { startCommand } from '../examples/running.js';
import { runCommand } from '../helpers/child.js';
import { startListening } from '../helpers/listening.js';
import { type Conditions, testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';
import { isLinux } from '../helpers/platform.js';
import { type Block, root } from './markdown.js';
import { clientOf, compiledFile, compileProject, makeProject, nameOf, programs, withPort, write } from './samples.js';

const folder = makeProject('build-docs-resets');
const ACCEPTOR = /new Acceptor\((\w+), (\w+),/g;
const LISTENER = /new Listener(?=[<(])/g;
const servers = programs.filter(({ text }) => text.includes('new Acceptor(') || text.includes('new Listener'));

function besieged({ page, text }: Block): string {
  const up = '../'.repeat(page.split('/').length - 1) || './';
  const name = text.includes('new Acceptor(') ? 'besiege' : 'besieged';
  const surrounded = text
    .replaceAll(ACCEPTOR, 'new Acceptor($1, besiege($1, $2),')
    .replaceAll(LISTENER, 'new (besieged(Listener))');
  return `import { ${name} } from '${up}besiege.js'; ${surrounded}`;
}

beforeAll(() => {
  mkdirSync(`${folder}programs`, { recursive: true });
  copyFileSync(`${root}test/docs/besiege.ts`, `${folder}programs/besiege.ts`);
  for (const block of servers) write(folder, block, withPort(block, besieged(block)));
  expect(compileProject(folder, 'programs')).toBe('');
}, patience(60_000));

test('there are such programs, and each lets besiege() in', () => {
  expect(servers.length).toBeGreaterThan(4);
  for (const block of servers) {
    const doors = [ACCEPTOR, LISTENER].flatMap((pattern) => block.text.match(pattern) ?? []);
    expect(doors.length, nameOf(block)).toBeGreaterThan(0);
  }
});

test('each program with a handler that receives or sends says what becomes of an error', () => {
  const withHandlers = programs.filter(({ text }) => text.includes('.register('));
  const careless = withHandlers.filter(
    ({ text }) => /\b(recv|send|sendfile|move)\w*\(/.test(text) && !/\bonError\b/.test(text),
  );
  expect(careless.map(nameOf)).toEqual([]);
});

for (const block of servers) {
  const needs = block.marks.get('needs') as Conditions['needs'];
  const command = [process.execPath, compiledFile(folder, block)];
  const client = clientOf(block);

  testWith({ needs }, nameOf(block), async () => {
    if (client === undefined) {
      const { code, signal, stdout, stderr } = await runCommand(command);
      expect({ ended: code ?? signal, stdout, stderr }).toEqual({ ended: 0, stdout: block.output, stderr: '' });
      return;
    }
    const [running, port] = await startListening((port) => startCommand([...command, String(port)]));
    await client(port);
    const before = isLinux ? running.openFds() : 0;
    for (let i = 0; i < 20; i++) {
      const peer = await connect(port);
      if (i % 2 === 0) peer.write(Buffer.alloc(i * 100_000));
      peer.resetAndDestroy();
    }
    await client(port);
    if (isLinux) await running.leaksNothing(before);
    expect(running.stderr).toBe('');
  });
}
