// Connections by await against the model of connections: two queues of bytes each. A seed is random sizes of the memory
// of a turn, and for each end a reader and a writer with random operations: each way of reading, waits that a signal or
// a deadline ends, writes that are awaited or not, files, ends, closes, resets; under poll() and attach(). What arrives
// is what was sent, in order; what a wait that was ended early leaves is read by the next one; nothing hangs.
import { capabilities } from 'fdreactor';
import { isWindows, underWine } from '../helpers/platform.js';
import { connectionBackends } from '../helpers/streams/backends.js';
import { seedTests } from './seed-tests.js';

const leavesOut = [...(isWindows ? ['resets'] : []), ...(capabilities().sendfile ? [] : ['sendFile'])];

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
