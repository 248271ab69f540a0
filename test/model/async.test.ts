// Connections by await against the model of connections: two queues of bytes each. A seed is random sizes of the memory
// of a turn, and for each end a reader and a writer with random operations: each way of reading, waits that a signal or
// a deadline ends, writes that are awaited or not, files, ends, closes, resets; under poll() and attach(). What arrives
// is what was sent, in order; what a wait that was ended early leaves is read by the next one; nothing hangs.
import { casesThatHold } from '../helpers/needs.js';
import { underWine } from '../helpers/platform.js';
import { connectionBackends } from '../helpers/streams/backends.js';
import { seedTests } from './seed-tests.js';

/** Parts of the model that do not hold everywhere. */
const parts = {
  resets: {
    notOnWindows: 'accept() tells no peer of a connection that was reset meanwhile, and the model asks for it',
  },
  sendFile: {
    needs: 'sendfile',
    notUnderWine: 'TransmitFile() that waited for room ends there with success and no byte, in the middle of a file',
  },
} as const;
const held = new Set(casesThatHold('the model by await', parts).map(([name]) => name));
const leavesOut = Object.keys(parts).filter((name) => !held.has(name));

for (const backend of connectionBackends) {
  seedTests({
    main: 'connections/by-await.mjs',
    conditions: {},
    seeds: underWine ? 30 : 400, // it waits for real deadlines: 0.15 s a seed
    seedsAProcess: 100,
    seedsSanitized: 100,
    msASeed: underWine ? 1500 : 300,
    env: () => ({ FDREACTOR_MODEL_BACKEND: backend, FDREACTOR_MODEL_LEAVES_OUT: leavesOut.join(' ') }),
    prefix: `${backend}: `,
  });
}
