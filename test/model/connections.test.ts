// Connections against a model of two queues of bytes each. A seed is random sizes of the memory of a turn, down to one
// byte, and a list of random operations at both ends: writes, pauses, ends, closes, resets, peers that read one byte at
// a time or not at all, handlers that do all of that and throw; under poll(), run() and attach(). What arrives is what
// was sent, in order, and never to a stranger; handlers come in their order, once; nothing is lost, and nothing stays
// open.
import { libkqueue } from '../helpers/kqueue/libkqueue.js';
import { casesThatHold } from '../helpers/needs.js';
import { underWine } from '../helpers/platform.js';
import { connectionBackends } from '../helpers/streams/backends.js';
import { seedTests } from './seed-tests.js';

/** Parts of the model that do not hold everywhere. */
const parts = {
  openPipe: { needs: 'pipe' },
  segments: { notOnWindows: 'TCP_MAXSEG can only be read' },
  resets: {
    notOnWindows: 'accept() tells no peer of a connection that was reset meanwhile, and the model asks for it',
  },
  refuse: { notOnLibkqueue: libkqueue.error },
  fds: {
    needs: 'proc',
    notOnLibkqueue: libkqueue.frees,
    notInBun: 'Bun opens fds at any time',
    notInDeno: 'Deno opens fds at any time',
  },
} as const;
const held = new Set(casesThatHold('the model', parts).map(([name]) => name));
const leavesOut = Object.keys(parts).filter((name) => !held.has(name));

for (const backend of connectionBackends) {
  seedTests({
    main: 'connections/main.mjs',
    conditions: {},
    seedsAProcess: 500,
    seedsSanitized: 500,
    msASeed: underWine ? 1500 : 300,
    env: () => ({ FDREACTOR_MODEL_BACKEND: backend, FDREACTOR_MODEL_LEAVES_OUT: leavesOut.join(' ') }),
    prefix: `${backend}: `,
  });
}
