// How libkqueue deviates from kqueue(2) as the BSDs have it: why a test cannot hold over it (see
// Conditions.notOnLibkqueue). They are its own words where it has them (its BUGS.md).

export const libkqueue = {
  addDisabled: 'EV_ADD with EV_DISABLE does not disable',
  addAgain: 'EV_ADD of a filter that is there reports nothing',
  closed: 'it does not see close(2): the filters of a closed fd stay, and the next owner of the number has no events',
  forkAndExec: 'of processes it only knows NOTE_EXIT',
  error: "it takes a socket's error (SO_ERROR) when it reports it",
  frees: 'the fds that a kqueue has for itself are closed by a thread, some time after it',
  lowat: 'its NOTE_LOWAT is SO_RCVLOWAT, by which Linux enlarges the receive buffer for good',
  oneEntry: 'both filters of an fd are one entry of epoll, so that EV_CLEAR of one of them is lost',
  signals:
    'its EVFILT_SIGNAL reads a signalfd: threads that do not block the signal, as those of Node, may take it first',
} as const;
