// @ts-check
// Hello world over HTTP/1.1 on Connection (http-handlers.mjs), on one thread.
// usage: node http-connection.mjs          It picks a port and prints `listening on 127.0.0.1:PORT`.
import { Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import { handlers, renewDates } from './http-handlers.mjs';

const reactor = new Reactor();
const listener = new Listener(reactor, { host: '127.0.0.1', port: 0, backlog: 4096 }, handlers);
const { port } = /** @type {{ port: number }} */ (listener.address);
console.log(`listening on 127.0.0.1:${port}`);
renewDates(reactor);
reactor.run();
