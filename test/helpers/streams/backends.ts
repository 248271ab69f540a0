// The backends that can serve connections: what tests of fdreactor/connection run on.
import { Reactor, UnsupportedError } from 'fdreactor';
import { Listener } from 'fdreactor/connection';
import { backends } from '../contract.js';
import { noteNotRun } from '../not-run.js';

function hasConnections(backend: (typeof backends)[number]): boolean {
  const reactor = new Reactor({ backend });
  try {
    new Listener(reactor, { host: '127.0.0.1', port: 0 }, {}).close();
    return true;
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    noteNotRun(`connections over ${backend}`, 'the backend has no streams');
    return false;
  } finally {
    reactor.close();
  }
}

export const connectionBackends = backends.filter(hasConnections);
