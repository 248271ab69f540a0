// The code of the pages, as a reader would copy it. A block ```ts is a program: it compiles as
// strictly as the library, runs to its end with exit code 0, and prints what the block after it says. After `ts` the fence
// may say, unseen by readers:
//   fragment          not a program; compiled among the names of context.d.ts
//   client=echo:8080  a server that does not end; that client (below) is served by it, on another port
//   needs=splice      run only where that is there: a word of ../helpers/needs.ts
// and a block `text output` is what the program before it prints. Compilers and Node name the page and its line.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { connect, readExactly } from '../examples/clients.js';
import { type Running, startCommand } from '../examples/running.js';
import { runCommand } from '../helpers/child.js';
import { freePort } from '../helpers/free-port.js';
import { type Conditions, testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';
import { compile } from '../helpers/tsc.js';
import { type Block, blocksOf, isGenerated, pages, root } from './markdown.js';

const folder = `${root}build-docs/`;
const blocks = pages()
  .filter((page) => !isGenerated(page))
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'ts');
const fragments = blocks.filter(({ marks }) => marks.has('fragment'));
const programs = blocks.filter(({ marks }) => !marks.has('fragment'));

const clients: Record<string, (port: number) => Promise<void>> = {
  async echo(port) {
    const socket = await connect(port);
    socket.write('hello');
    expect((await readExactly(socket, 5)).toString()).toBe('hello');
  },
};

const nameOf = ({ page, line }: Block): string => `${page}:${line}`;
const fileOf = ({ page, line }: Block): string => `${page}.${line}`;

/** At the same lines as in the page. */
function write(kind: 'programs' | 'fragments', block: Block, text: string): void {
  const file = `${folder}${kind}/${fileOf(block)}.ts`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${'\n'.repeat(block.line - 1)}${text}\nexport {};\n`);
}

function project(kind: string, compilerOptions: object, include: string[]): string {
  const file = `${folder}${kind}.json`;
  writeFileSync(file, JSON.stringify({ extends: '../tsconfig.json', compilerOptions, include }));
  return file;
}

/** Tries until somebody listens, or the program has ended. */
async function served(running: Running, client: (port: number) => Promise<void>, port: number): Promise<void> {
  for (;;) {
    try {
      return await client(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      if (running.child.exitCode !== null) throw new Error(`it has ended: ${running.stdout}${running.stderr}`);
      await delay(10);
    }
  }
}

const ports = new Map<Block, number>();

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const block of programs) {
    const port = block.marks.get('client')?.split(':')[1];
    if (port !== undefined) ports.set(block, await freePort());
    write('programs', block, port === undefined ? block.text : block.text.replaceAll(port, String(ports.get(block))));
  }
  for (const block of fragments) write('fragments', block, block.text);
});

test('all programs compile', { timeout: patience(60_000) }, () => {
  const options = { rootDir: 'programs', outDir: 'out', declaration: false };
  expect(compile(project('programs', options, ['programs']))).toBe('');
});

test('all fragments compile', { timeout: patience(60_000) }, () => {
  const options = { rootDir: '..', noEmit: true, declaration: false, noUnusedLocals: false };
  expect(compile(project('fragments', options, ['fragments', '../test/docs/context.d.ts']))).toBe('');
});

for (const block of programs) {
  const command = [process.execPath, `${folder}out/${fileOf(block)}.js`];
  const needs = block.marks.get('needs') as Conditions['needs'];
  testWith({ needs }, nameOf(block), async () => {
    const client = block.marks.get('client')?.split(':')[0];
    if (client !== undefined) {
      await served(startCommand(command), clients[client] as never, ports.get(block) as number);
      return;
    }
    const { code, signal, stdout, stderr } = await runCommand(command);
    expect({ ended: code ?? signal, stderr }).toEqual({ ended: 0, stderr: '' });
    if (block.output !== undefined) expect(stdout).toBe(block.output);
  });
}
