// TCP echo: node echo-connection.js [port] [host]
//
// What it shows: the whole of a server on connections. write() sends what it can and queues the rest; it says when the
// peer does not keep up, and then nothing more is read until `drain`, so a peer that never reads costs a queue of
// 128 KiB at most. Connections that are reset, and a process without fds, need no line here. What may change: anything.
import { Reactor } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import { announce, goOn, onStop } from './announce.js';

const [port = '0', host = '127.0.0.1'] = process.argv.slice(2);
const reactor = new Reactor({ onError: goOn });
const listener = new Listener(
  reactor,
  { host, port: Number(port), backlog: 4096 },
  {
    data(connection, bytes) {
      if (!connection.write(bytes)) connection.pause();
    },
    drain(connection) {
      connection.resume();
    },
  },
);

onStop(reactor, () => listener.close({ graceMs: 1000 }));
announce(listener);
reactor.run(); // returns when the listener is closed and the last connection has ended
reactor.close();
