// @ts-check
// Measures ten million registrations, or as many as asked for. A process makes the eventfds
// (c/floors/with_eventfds.c), becomes the floor that watches them from C (c/floors/watch_eventfds.c), and then the
// program that watches them in one Reactor (programs/watcher.mjs). Both measure themselves.
import { fileURLToPath } from 'node:url';
import { built } from '../harness/build.mjs';
import { kernelMemory } from './kernel-memory.mjs';
import { LineProcess } from './line-process.mjs';

/** @typedef {import('./types.mjs').RegistrationsTask} Task */
/** @typedef {import('./types.mjs').RegistrationsResult} Result */

const watcher = fileURLToPath(new URL('../programs/watcher.mjs', import.meta.url));

/** @param {Task} task @param {import('./types.mjs').Tell} tell @returns {Promise<Result>} */
export async function watchRegistrations({ registrations, active }, tell) {
  const before = kernelMemory();
  const commandLine = [
    ...[built('with_eventfds'), String(registrations)],
    ...[built('watch_eventfds'), String(active)],
    ...[process.execPath, '--expose-gc', watcher, String(active)],
  ];
  const watching = new LineProcess(commandLine, { tell });
  try {
    const { floor } = await watching.next();
    const { creationSeconds, atStart, stages } = (await watching.next()).result;
    return {
      registrations,
      creationSeconds,
      kernelBytesOfFd: (atStart.slab - before.slab) / registrations,
      floor,
      stages,
      problems: [],
    };
  } finally {
    await watching.end();
  }
}
