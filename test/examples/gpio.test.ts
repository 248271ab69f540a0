// examples/gpio: the edges of lines, on a chip that a preloaded library plays.
import { expect, test } from 'vitest';
import { gpioChip } from '../helpers/linux/gpio-chip.js';
import { scriptOf, startCommand } from './running.js';

const chip = gpioChip();
const environment = Object.entries(chip.env).map(([name, value]) => `${name}=${value}`);
const start = (...args: string[]): ReturnType<typeof startCommand> =>
  startCommand(['env', ...environment, process.execPath, scriptOf('gpio'), ...args]);

test('two edges, and then it waits until it is ended', async () => {
  const gpio = start('/dev/null', '3', '5');
  await gpio.printed(/falling/);
  expect(await gpio.stop()).toBe(0);
  expect(gpio.stdout.split('\n')).toEqual([
    'gpiochip0: a chip that is not there, 8 lines',
    'line 3: 1',
    'line 5: 0',
    `line 3: rising at ${2 ** 60 / 1e9} s`,
    `line 3: falling at ${2 ** 61 / 1e9} s`,
    '',
  ]);
  expect(chip.asked()).toEqual(['line 2 3 5 consumer=fdreactor buffer=0 flags=34 attrs=1 3:7d0/3 clean']);
});

test('without a line it says how it is used', async () => {
  const gpio = start('/dev/null');
  expect(await gpio.exitCode()).toBe(2);
  expect(gpio.stderr).toContain('node gpio.js CHIP LINE');
});
