// A program with a GPIO chip that is not there, for machines without one: ../fixtures/gpio-chip.c, preloaded.
import { readFileSync } from 'node:fs';
import { compileC } from '../compile-c.js';

export interface GpioChip {
  /** For the environment of the program. */
  env: Record<string, string>;
  /** What the program has asked the chip for, a line a request. */
  asked(): string[];
}

/** What any fd of the program then answers to. */
export function gpioChip(): GpioChip {
  const source = readFileSync(new URL('../fixtures/gpio-chip.c', import.meta.url), 'utf8');
  const library = compileC(source, ['-shared', '-fPIC']);
  const log = `${library}.log`;
  const before = process.env.LD_PRELOAD; // a sanitizer's
  return {
    env: { LD_PRELOAD: before === undefined ? library : `${before}:${library}`, GPIO_CHIP_LOG: log },
    asked: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}
