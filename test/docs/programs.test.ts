// The code of the pages, as a reader would copy it (samples.ts says how blocks are marked). Programs compile as
// strictly as the library, run to their end with exit code 0, and print what the page says. Fragments compile.
import { beforeAll, expect, test } from 'vitest';
import { startCommand } from '../examples/running.js';
import { runCommand } from '../helpers/child.js';
import { startListening } from '../helpers/listening.js';
import { type Conditions, testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';
import {
  clientOf,
  compiledFile,
  compileProject,
  fragments,
  makeProject,
  nameOf,
  programs,
  withPort,
  write,
} from './samples.js';

const folder = makeProject('build-docs');

beforeAll(() => {
  for (const block of programs) write(folder, block, withPort(block, block.text));
  for (const block of fragments) write(folder, block, block.text, 'fragments');
});

test('all programs compile', { timeout: patience(60_000) }, () => {
  expect(compileProject(folder, 'programs')).toBe('');
});

test('all fragments compile', { timeout: patience(60_000) }, () => {
  expect(compileProject(folder, 'fragments')).toBe('');
});

for (const block of programs) {
  const needs = block.marks.get('needs') as Conditions['needs'];
  testWith({ needs }, nameOf(block), async () => {
    const command = [process.execPath, compiledFile(folder, block)];
    const client = clientOf(block);
    if (client !== undefined) {
      const [, port] = await startListening((port) => startCommand([...command, String(port)]));
      await client(port);
      return;
    }
    const { code, signal, stdout, stderr } = await runCommand(command);
    expect({ ended: code ?? signal, stderr }).toEqual({ ended: 0, stderr: '' });
    if (block.output !== undefined) expect(stdout).toBe(block.output);
  });
}
