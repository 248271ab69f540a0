#include "../poller_room.h"

#include <sys/epoll.h>

#include <cerrno>

#include "../posix/errno_result.h"

namespace fdreactor {

// ENOSPC: fs.epoll.max_user_watches. ENOMEM. libuv takes EEXIST for "modify it".
Result poller_make_room(int poller_fd, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  const Result added = from_call(epoll_ctl(poller_fd, EPOLL_CTL_ADD, fd, &event));
  return added == failure(EEXIST) ? 0 : added;
}

}  // namespace fdreactor
