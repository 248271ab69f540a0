// eventfd(2), and the 8 bytes in which it counts.
#include <sys/eventfd.h>

#include <cerrno>

#include "../../sys/linux/fds/eventfd.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("an eventfd counts, is non-blocking and close-on-exec, and would block when it is empty or full") {
  const Fd fd(eventfd_open(3, 0));
  uint64_t count = 0;
  EXPECT(is_non_blocking_and_cloexec(fd));
  EXPECT_EQ(eventfd_add(fd, 4), 0);
  EXPECT_EQ(counter_read(fd, &count), 0);
  EXPECT_EQ(count, uint64_t{7});
  EXPECT_EQ(counter_read(fd, &count), kWouldBlock);
  EXPECT_EQ(eventfd_add(fd, UINT64_MAX - 1), 0);
  EXPECT_EQ(eventfd_add(fd, 1), kWouldBlock);
  EXPECT_EQ(eventfd_add(fd, UINT64_MAX), failure(EINVAL));
}

TEST("a semaphore gives one, and other flags are EINVAL") {
  const Fd fd(eventfd_open(2, EFD_SEMAPHORE));
  uint64_t count = 0;
  EXPECT_EQ(counter_read(fd, &count), 0);
  EXPECT_EQ(count, uint64_t{1});
  EXPECT_EQ(eventfd_open(0, 1 << 30), failure(EINVAL));
}

TEST("a file with fewer than 8 bytes is not a counter") {
  Pipe pipe;
  std::string bytes = "seven b";
  uint64_t count = 5;
  EXPECT_EQ(counter_read(pipe.read, &count), kWouldBlock);
  EXPECT_EQ(fd_write(pipe.write, bytes_of(&bytes)), 7);
  EXPECT_EQ(counter_read(pipe.read, &count), failure(EINVAL));
  EXPECT_EQ(counter_read(-1, &count), failure(EBADF));
}
