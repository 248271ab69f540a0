#include "fd_room.h"

#include <unistd.h>

#include <vector>

#include "../fd.h"
#include "errno_result.h"

namespace fdreactor {

Result fd_room(int count) {
  std::vector<int> fds;
  Result room = 0;
  while (room >= 0 && static_cast<int>(fds.size()) < count) {
    int ends[2] = {-1, -1};
    room = fd_pipe(&ends[0], &ends[1]);
    if (room >= 0) fds.insert(fds.end(), ends, ends + 2);
  }
  for (const int fd : fds) ::close(fd);
  return room < 0 ? room : 0;
}

}  // namespace fdreactor
