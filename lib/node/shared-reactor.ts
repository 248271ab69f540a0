// The reactor of a thread beside Node's event loop: one for all that waits in fdreactor/node.
import { invalidState } from '../base/errors.js';
import { Reactor } from '../reactor/reactor.js';

/** One that cannot be ended: other code of the thread waits with it. */
class SharedReactor extends Reactor {
  override close(): void {
    throw invalidState('the shared reactor is not closed: other code of this thread uses it');
  }

  override detach(): void {
    throw invalidState('the shared reactor stays attached: other code of this thread uses it');
  }

  override unref(): void {
    throw invalidState('the shared reactor keeps the process alive as long as something waits with it');
  }

  override ref(): void {
    throw invalidState('the shared reactor keeps the process alive only as long as something waits with it');
  }
}

let shared: SharedReactor | null = null;

/**
 * The reactor of this thread that runs beside Node's event loop (`attach()`), made by the first call. `sendFile()`
 * waits with it. Register your own fds with it as well. It keeps the process alive only while something is registered.
 * Since others use it, `close()`, `detach()`, `ref()` and `unref()` are ERR_INVALID_STATE.
 *
 * @throws UnsupportedError where a reactor cannot be attached; SystemError EMFILE, ENFILE, ENOMEM
 */
export function sharedReactor(): Reactor {
  if (shared === null) {
    const made = new SharedReactor();
    try {
      made.attach();
    } catch (error) {
      Reactor.prototype.close.call(made);
      throw error;
    }
    shared = made;
  }
  return shared;
}
