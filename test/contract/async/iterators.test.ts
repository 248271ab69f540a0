// Every iterator over a reactor: how it is left, aborted, closed, driven, and awaited twice.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Reactor } from 'fdreactor';
import type { EventIterator } from 'fdreactor/async';
import { expect } from 'vitest';
import { contractTest } from '../../helpers/contract.js';
import { openFds } from '../../helpers/open-fds.js';
import { eventually } from '../../helpers/patience.js';
import { caught, expectArgumentType, expectInvalidState } from '../../helpers/throws.js';
import { kinds, rounds, type Source } from './sources.js';

/** A test of each kind of iterator. */
function eachTest(
  name: string,
  body: (make: (signal?: AbortSignal) => Source, reactor: Reactor) => Promise<void>,
): void {
  for (const { name: kind, make, ...conditions } of kinds) {
    contractTest(`${kind}: ${name}`, ({ reactor }) => body((signal) => make(reactor, signal), reactor), {
      needs: conditions.needs ?? [],
      notOnLibkqueue: conditions.notOnLibkqueue,
    });
  }
}

async function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => value,
    (error: unknown) => error,
  );
}

const done = { done: true, value: undefined };

eachTest('a loop gets a step for what is told before it and while it waits', async (make, reactor) => {
  const { iterator, tell } = make();
  reactor.attach();
  tell();
  let steps = 0;
  for await (const _ of iterator) {
    if (++steps === 3) break;
    tell();
  }
  expect(steps).toBe(3);
  expect(iterator.closed).toBe(true);
  expect(await iterator.next()).toEqual(done);
});

eachTest('break, return and throw give back all that it holds', async (make, reactor) => {
  reactor.attach();
  const leave: ((iterator: EventIterator<unknown>) => Promise<void>)[] = [
    async (iterator) => {
      for await (const _ of iterator) break;
    },
    async (iterator) => {
      for await (const _ of iterator) return;
    },
    async (iterator) => {
      const error = await settled(
        (async () => {
          for await (const _ of iterator) throw new Error('of the body');
        })(),
      );
      expect(error).toMatchObject({ message: 'of the body' });
    },
    async (iterator) => {
      await iterator[Symbol.asyncDispose]();
    },
    async (iterator) => {
      expect(await settled(iterator.throw(new Error('given')))).toMatchObject({ message: 'given' });
    },
  ];
  for (const way of leave) {
    const before = openFds().size;
    const { iterator, tell, peers } = make();
    tell();
    await way(iterator);
    expect(iterator.closed).toBe(true);
    await rounds();
    expect(reactor.metrics()).toMatchObject({ registered: 0, timers: 0 });
    expect(openFds().size - before).toBe(peers);
  }
});

eachTest('a step that is awaited gets done when it is closed, or returned from', async (make, reactor) => {
  reactor.attach();
  for (const end of [
    (iterator: EventIterator<unknown>) => iterator.close(),
    (iterator: EventIterator<unknown>) => iterator.return(),
  ]) {
    const { iterator } = make();
    const waits = iterator.next();
    end(iterator);
    expect(await waits).toEqual(done);
    iterator.close();
    expect(await iterator.next()).toEqual(done);
  }
});

eachTest(
  'an abort ends the wait with an AbortError, once; an aborted signal at the first step',
  async (make, reactor) => {
    reactor.attach();
    const aborting = new AbortController();
    const { iterator } = make(aborting.signal);
    const reason = new Error('enough');
    const waits = settled(
      (async () => {
        for await (const _ of iterator) aborting.abort(reason);
      })(),
    );
    if (!aborting.signal.aborted) setImmediate(() => aborting.abort(reason));
    expect(await waits).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: reason });
    expect(await iterator.next()).toEqual(done);
    const late = make(AbortSignal.abort('before'));
    expect(late.iterator.closed).toBe(true);
    expect(await settled(late.iterator.next())).toMatchObject({ code: 'ABORT_ERR', cause: 'before' });
    expect(await late.iterator.next()).toEqual(done);
    expect(reactor.metrics()).toMatchObject({ registered: 0, timers: 0 });
  },
);

eachTest('an abort that no step awaits is told by the next one, behind what has come', async (make, reactor) => {
  reactor.attach();
  const aborting = new AbortController();
  const { iterator, tell } = make(aborting.signal);
  tell();
  await iterator.next();
  tell();
  await eventually('a step has come', () => {
    if (!iterator.closed && reactor.metrics().events + reactor.metrics().timersFired >= 2) aborting.abort();
    return iterator.closed;
  });
  expect(await iterator.next()).toMatchObject({ done: false });
  expect(await settled(iterator.next())).toMatchObject({ code: 'ABORT_ERR' });
  expect(await iterator.next()).toEqual(done);
});

eachTest('the end of the reactor rejects the wait, or the next one', async (make, reactor) => {
  const waiting = make();
  const resting = make();
  reactor.attach();
  const waits = settled(waiting.iterator.next());
  reactor.close();
  const told = { code: 'ERR_INVALID_STATE', message: 'the reactor is closed' };
  expect(await settled(resting.iterator.next())).toMatchObject(told);
  expect(await waits).toMatchObject(told);
  for (const { iterator } of [waiting, resting]) {
    expect(iterator.closed).toBe(true);
    expect(await iterator.next()).toEqual(done);
    iterator.close();
  }
  expectInvalidState(() => make());
});

eachTest('closed with its reactor, it rejects nothing that no one has awaited', async (make, reactor) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): unknown => unhandled.push(error);
  process.on('unhandledRejection', note);
  make();
  make(AbortSignal.abort());
  reactor.close();
  await rounds();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

eachTest('a second wait is refused while one is under way, and disturbs it not', async (make, reactor) => {
  const { iterator, tell } = make();
  reactor.attach();
  const waits = iterator.next();
  await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
  tell();
  expect(await waits).toMatchObject({ done: false });
  iterator.close();
});

eachTest('a wait inside run() is refused and says so; after it all goes on', async (make, reactor) => {
  const { iterator, tell } = make();
  const waits: Promise<unknown>[] = [];
  reactor.setTimer(0, () => {
    waits.push(settled(iterator.next()), settled(iterator.next())); // an interval may have ticked by then, once
    reactor.stop();
  });
  reactor.run();
  expect(await waits[1]).toMatchObject({
    code: 'ERR_INVALID_STATE',
    message: expect.stringMatching(/inside run\(\).*attach\(\)/),
  });
  reactor.attach();
  tell();
  expect(await iterator.next()).toMatchObject({ done: false });
  iterator.close();
});

eachTest('poll() from async code drives it as well', async (make, reactor) => {
  const { iterator, tell } = make();
  let steps = 0;
  const loop = (async () => {
    for await (const _ of iterator) if (++steps === 2) return;
  })();
  while (steps < 2) {
    tell();
    reactor.poll(10);
    await null;
    await rounds(1);
  }
  await loop;
});

eachTest('a step runs in the AsyncLocalStorage store of its loop', async (make, reactor) => {
  reactor.attach();
  const storage = new AsyncLocalStorage<string>();
  const { iterator, tell } = make();
  const seen = await storage.run('the loop', async () => {
    const loop = iterator.next().then(() => storage.getStore());
    storage.run('elsewhere', tell);
    return loop;
  });
  expect(seen).toBe('the loop');
  iterator.close();
});

eachTest('wrong arguments are refused by name', async (make) => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
  for (const signal of [null, 1, {}, 'signal'] as any[]) {
    expectArgumentType(() => make(signal));
    expect(caught(() => make(signal)).message).toMatch(/^options\.signal must be/);
  }
});
