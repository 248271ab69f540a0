// @ts-check
// The module of the threads of pool.mjs: hello world over HTTP/1.1 on Connection.
import { Connection } from 'fdreactor/connection';
import { Exchange, handlers, renewDates } from '../http-handlers.mjs';

/** @type {import('fdreactor/workers').WorkerModule} */
export default ({ reactor }) => {
  renewDates(reactor);
  return {
    connection(fd) {
      new Connection(reactor, fd, handlers).data = new Exchange();
    },
  };
};
