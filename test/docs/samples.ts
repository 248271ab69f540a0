// The code blocks of the pages as programs. A block ```ts is a program: it runs to its end and prints what the block
// after it says. After `ts` the fence may say, unseen by readers:
//   fragment          not a program; compiled among the names of context.d.ts
//   client=echo:8080  a server that does not end; that client (below) is served by it, on another port
//   needs=splice      run only where that is there: a word of ../helpers/needs.ts
// and a block `text output` is what the program before it prints. Compilers and Node name the page and its line.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { bytes, connect, readExactly, sha256 } from '../examples/clients.js';
import { compile } from '../helpers/tsc.js';
import { type Block, blocksOf, isGenerated, pages, root } from './markdown.js';

const blocks = pages()
  .filter((page) => !isGenerated(page))
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'ts');

export const fragments = blocks.filter(({ marks }) => marks.has('fragment'));
export const programs = blocks.filter(({ marks }) => !marks.has('fragment'));

type Client = (port: number) => Promise<void>;
const clients: Record<string, Client> = {
  async echo(port) {
    const socket = await connect(port);
    socket.write('hello');
    expect((await readExactly(socket, 5)).toString()).toBe('hello');
    const sent = bytes(8_000_000); // more than the kernel keeps: the server has to wait until it is read
    await new Promise((resolve) => socket.write(sent.subarray(0, 1_000_000), resolve));
    socket.write(sent.subarray(1_000_000));
    expect(sha256(await readExactly(socket, sent.length))).toBe(sha256(sent));
    socket.end();
  },
};

/** The client of a server that does not end. */
export const clientOf = ({ marks }: Block): Client | undefined => clients[marks.get('client')?.split(':')[0] ?? ''];

/** A text of the block in which the port is the argument of the program. */
export function withPort({ marks }: Block, text: string): string {
  const port = marks.get('client')?.split(':')[1];
  return port === undefined ? text : text.replaceAll(port, 'Number(process.argv[2])');
}

export const nameOf = ({ page, line }: Block): string => `${page}:${line}`;
const fileOf = ({ page, line }: Block): string => `${page}.${line}`;

/** An empty folder of that name in the repository; its path ends in a slash. */
export function makeProject(name: string): string {
  const folder = `${root}${name}/`;
  rmSync(folder, { recursive: true, force: true });
  return folder;
}

/** At the same lines as in the page. */
export function write(folder: string, block: Block, text: string, kind: 'programs' | 'fragments' = 'programs'): void {
  const file = `${folder}${kind}/${fileOf(block)}.ts`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${'\n'.repeat(block.line - 1)}${text}\nexport {};\n`);
}

const OPTIONS = {
  programs: { rootDir: 'programs', outDir: 'out', declaration: false },
  fragments: { rootDir: '..', noEmit: true, declaration: false, noUnusedLocals: false },
};

/** What the compiler says: nothing if all is well. */
export function compileProject(folder: string, kind: keyof typeof OPTIONS): string {
  const include = kind === 'fragments' ? [kind, '../test/docs/context.d.ts'] : [kind];
  const file = `${folder}${kind}.json`;
  writeFileSync(file, JSON.stringify({ extends: '../tsconfig.json', compilerOptions: OPTIONS[kind], include }));
  return compile(file);
}

export const compiledFile = (folder: string, block: Block): string => `${folder}out/${fileOf(block)}.js`;
