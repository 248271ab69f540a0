// @ts-check
// A worker of echo-master.mjs. It answers each byte with the number of the worker.
import { Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import { worker } from 'fdreactor/master';

const reactor = new Reactor();
const number = String(worker.index);
/** @type {import('fdreactor/connection').ConnectionHandlers} */
const handlers = { data: (connection, bytes) => connection.write(number.repeat(bytes.length)) };

worker.onServe(({ echo }) => new Listener(reactor, { fd: /** @type {number} */ (echo) }, handlers));
worker.onDrain(() => worker.drained()); // the bench has what it wants
worker.ready(reactor);
reactor.run();
