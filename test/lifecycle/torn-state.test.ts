// A stack overflow at any depth of any call of the Reactor: what the call left is whole, or the next call mends it. No fd is
// watched for a registration that is gone, no number is refused for ever, no timer is lost.
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runCommand } from '../helpers/child.js';
import { holds } from '../helpers/needs.js';
import { patience } from '../helpers/patience.js';

const program = fileURLToPath(new URL('../helpers/fixtures/overflow.mjs', import.meta.url));
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
