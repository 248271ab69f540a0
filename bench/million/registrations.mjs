// @ts-check
// Ten million registrations, or as many as asked for: a process that inherits as many eventfds (c/with_eventfds.c) watches
// them in one Reactor and measures itself (programs/watcher.mjs).
import { fileURLToPath } from 'node:url';
import { built } from '../build.mjs';
import { kernelMemory } from './kernel-memory.mjs';
import { LineProcess } from './line-process.mjs';

/** @typedef {import('./types.mjs').RegistrationsTask} Task */
/** @typedef {import('./types.mjs').RegistrationsResult} Result */

const watcher = fileURLToPath(new URL('../programs/watcher.mjs', import.meta.url));

/** @param {Task} task @param {import('./types.mjs').Tell} tell @returns {Promise<Result>} */
export async function watchRegistrations({ registrations, active }, tell) {
  const before = kernelMemory();
  const program = [process.execPath, '--expose-gc', watcher, String(active)];
  const watching = new LineProcess([built('with_eventfds'), String(registrations), ...program], { tell });
  try {
    const { creationSeconds, atStart, stages } = (await watching.next()).result;
    return {
      registrations,
      creationSeconds,
      kernelBytesOfFd: (atStart.slab - before.slab) / registrations,
      stages,
      problems: [],
    };
  } finally {
    await watching.end();
  }
}
