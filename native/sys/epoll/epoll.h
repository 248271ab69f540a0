// epoll(7): one set of watched fds, and the wait for their events.
//
// epoll_control: op is EPOLL_CTL_ADD, _MOD or _DEL; data comes back with each event of this fd.
// epoll_replace: EPOLL_CTL_DEL, then EPOLL_CTL_ADD, for what EPOLL_CTL_MOD refuses (EPOLLEXCLUSIVE). If the second
//   fails, the fd is not in the set any more.
// epoll_wait_batch: fills `batch` (see core/event_layout.h) with at most as many events as fit, and returns how many.
//   timeout_ms  -1: no limit; 0: do not wait; else at least that long unless something happens
//   deadline_ms a moment of the monotonic clock at which the wait ends as well; infinity for none
//   A signal does not end it: it goes on with the remaining time. Fractions of a millisecond hold from Linux 5.11
//   (epoll_pwait2); older kernels round up to whole milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../core/event_layout.h"
#include "../../core/result.h"

namespace fdreactor {

EventLayout epoll_event_layout();
Result epoll_open();
Result epoll_control(int epoll_fd, int op, int fd, uint32_t events, uint64_t data);
Result epoll_replace(int epoll_fd, int fd, uint32_t events, uint64_t data);
Result epoll_wait_batch(int epoll_fd, void* batch, size_t batch_bytes, double timeout_ms, double deadline_ms);

}  // namespace fdreactor
