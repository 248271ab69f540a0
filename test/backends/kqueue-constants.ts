// The numbers of <sys/event.h> that the Reactor's kqueue backend uses, as each system's header has them, so that its
// pure functions are tried with all of them on any platform.
import type { KqueueConstants } from '../../lib/reactor/backends/kqueue-changes.js';

const COMMON = {
  EV_ADD: 0x1,
  EV_DELETE: 0x2,
  EV_ENABLE: 0x4,
  EV_DISABLE: 0x8,
  EV_CLEAR: 0x20,
  EV_RECEIPT: 0x40,
  EV_DISPATCH: 0x80,
  EV_EOF: 0x8000,
  EV_ERROR: 0x4000,
  NOTE_LOWAT: 0x1,
};

export const SYSTEMS: Record<string, KqueueConstants> = {
  macOS: { ...COMMON, EVFILT_READ: -1, EVFILT_WRITE: -2, EVFILT_SIGNAL: -6, EVFILT_EXCEPT: -15, NOTE_OOB: 0x2 },
  FreeBSD: { ...COMMON, EVFILT_READ: -1, EVFILT_WRITE: -2, EVFILT_SIGNAL: -6 },
  OpenBSD: { ...COMMON, EVFILT_READ: -1, EVFILT_WRITE: -2, EVFILT_SIGNAL: -6, EVFILT_EXCEPT: -9, NOTE_OOB: 0x4 },
  NetBSD: { ...COMMON, EVFILT_READ: 0, EVFILT_WRITE: 1, EVFILT_SIGNAL: 5 },
};
