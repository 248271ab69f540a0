// Pools of the tests, whose workers run a function that is written where it is used, and clients of them. The function
// is sent as source, so it may use nothing but its parameter.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type * as workerThreads from 'node:worker_threads';
import type * as fdreactor from 'fdreactor';
import type * as connection from 'fdreactor/connection';
import type * as linux from 'fdreactor/linux';
import type * as socket from 'fdreactor/socket';
import { recv, send, socketpair } from 'fdreactor/socket';
import { ReactorPool, type ReactorPoolOptions, type WorkerContext, type WorkerHandlers } from 'fdreactor/workers';
import { afterEach } from 'vitest';
import { own } from '../helpers/owned.js';
import { eventually, patience } from '../helpers/patience.js';

// biome-ignore lint/suspicious/noExplicitAny: what travels to the workers is any
type Any = any;

/** What a worker's function gets. */
export interface WorkerToolbox extends WorkerContext {
  fdreactor: typeof fdreactor;
  connection: typeof connection;
  linux: typeof linux;
  socket: typeof socket;
  workerThreads: typeof workerThreads;
  args: Any;
}

export type WorkerBody = (toolbox: WorkerToolbox) => WorkerHandlers | Promise<WorkerHandlers>;

/** Why a test that terminates a thread amid a loop does not hold in Deno. */
export const endsNoBusyThread = 'Deno does not end a thread that does not return to its event loop';

const moduleUrl = new URL('./pool-module.mjs', import.meta.url);
export const modulePath = fileURLToPath(moduleUrl);
export const loopback = { host: '127.0.0.1', port: 0 };

let pools: ReactorPool[] = [];

/** A pool of two workers, which the test's end closes. */
export function poolOf(body: WorkerBody, options: ReactorPoolOptions = {}, args: Any = undefined): ReactorPool {
  const pool = new ReactorPool(moduleUrl, { workers: 2, ...options, workerData: { source: String(body), args } });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  const last = pools;
  pools = [];
  await Promise.all(last.map((pool) => pool.close({ deadlineMs: patience(500) })));
});

/** Echoes, and says first which worker it is, and what came with the fd. */
export const echo: WorkerBody = ({ connection: { Connection }, reactor, index }) => ({
  connection(fd, handed) {
    const { data, payload } = handed ?? {};
    const words = [index, ...(data === undefined ? [] : [JSON.stringify(data)])];
    const made = new Connection(reactor, fd, {
      data: (c, chunk) => c.write(chunk),
      end: (c) => c.end(),
    });
    made.write(`${words.join(' ')}\n`);
    if (payload !== undefined) made.write(payload);
  },
});

export function clientOf(pool: ReactorPool): Socket {
  const { address } = pool;
  if (address === null) throw new Error('the pool does not listen');
  const client = 'path' in address ? connect(address.path) : connect((address as { port: number }).port, '127.0.0.1');
  return client.setNoDelay();
}

/** Sends the text and the end; resolves with all that comes back, or the code of the error. */
export async function ask(pool: ReactorPool, text = 'hello'): Promise<string> {
  const client = clientOf(pool);
  try {
    return await readAll(client.end(text));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code as string;
  }
}

export async function readAll(client: Socket): Promise<string> {
  let text = '';
  client.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(client, 'close');
  return text;
}

/** The next error of a worker. */
export async function nextError(pool: ReactorPool): Promise<{ error: Any; index: number }> {
  const [error, index] = await once(pool, 'workerError');
  return { error, index };
}

/** A connection for handOff(), and the fd of its peer, which has sent the text. */
export function handable(text: string): { mine: number; fd: number } {
  const [mine, fd] = socketpair();
  own(mine);
  own(fd);
  if (text !== '') send(mine, Buffer.from(text));
  return { mine, fd };
}

const buffer = Buffer.alloc(4096);

/** All that comes, until the end of the stream or so many bytes. Node's event loop goes on meanwhile. */
export async function received(fd: number, length = Number.POSITIVE_INFINITY): Promise<string> {
  let text = '';
  let isOver = false;
  await eventually('the stream ends', () => {
    for (let count = 1; count > 0 && text.length < length; ) {
      count = recv(fd, buffer);
      isOver ||= count === 0;
      if (count > 0) text += buffer.toString('latin1', 0, count);
    }
    return isOver || text.length >= length;
  });
  return text;
}

/** received() of each, to its end. */
export const allReceived = (fds: number[]): Promise<string[]> => Promise.all(fds.map((fd) => received(fd)));
