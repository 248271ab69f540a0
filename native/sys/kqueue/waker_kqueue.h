// What waker.h leaves to kqueue: a waker rings by EVFILT_USER, so it must be told on which queue, and for whom. And
// signals: EVFILT_SIGNAL has one knote a signal and queue, so that a backend shares it among its watchers by the
// signal's number.
#pragma once

#include <cstdint>

#include "../../core/result.h"

namespace fdreactor {

// From here on the waker rings on that queue, with this user data; one that has rung already does so now.
Result waker_bind(uint64_t source, int kqueue_fd, uint64_t udata);
Result waker_unbind(uint64_t source);

// The queue is about to be closed.
void waker_forget_kqueue(int kqueue_fd);

// The signal's number of a source that signal_watch() made; 0 for a waker's.
int signal_of_source(int64_t source);

}  // namespace fdreactor
