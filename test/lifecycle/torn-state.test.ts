// A call of the Reactor that is cut short: by a stack overflow at any depth, or at any of its native calls by an
// exception or a failure. What it left is whole, or the next call mends it. No fd is watched for a registration that is
// gone, no number is refused for ever, no timer is lost. (Terminations are in terminated.test.ts.)
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { holds, testWith } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';

const program = fileURLToPath(new URL('../helpers/fixtures/overflow.mjs', import.meta.url));
const faultProgram = fileURLToPath(new URL('../helpers/fixtures/injected.mjs', import.meta.url));
const name = 'a stack overflow leaves nothing that the next call does not mend';

if (holds(name, { needs: 'proc', notInBun: 'the depth of its stack varies', notInDeno: 'a stack of its own size' })) {
  test(name, { timeout: patience(120_000) }, async () => {
    const command = [process.execPath, '--stack-size=400', program];
    const { code, reports, stderr } = await runCommand(command, { timeoutMs: patience(60_000) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(reports[0].faults).toEqual([]);
    expect(Object.keys(reports[0].overflows).length).toBeGreaterThan(8);
  });
}

/** What the program must have made fail; the calls of the rest of a reactor's life are met as well. */
const MET = [
  'epoll.open',
  'epoll.control',
  'epoll.wait',
  'waker.open',
  'waker.close',
  'signal.unwatch',
  'hostUv.attach',
  'fd.close',
];

testWith(
  {
    needs: 'epoll',
    notInBun: 'its event loop is not that of libuv, which is made to fail here',
    notInDeno: 'its event loop is not that of libuv, which is made to fail here',
  },
  'a fault at any native call of a life leaves nothing that the next call does not mend',
  async () => {
    const { code, reports, stderr } = await runCommand([process.execPath, faultProgram], {
      timeoutMs: patience(30_000),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(reports[0].faults).toEqual([]);
    expect(Object.keys(reports[0].meetings)).toEqual(expect.arrayContaining(MET));
  },
  patience(60_000),
);
