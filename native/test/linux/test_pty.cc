// Pseudo-terminals and files in memory.
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <cerrno>

#include "../../sys/linux/fds/memfd.h"
#include "../../sys/linux/fds/pty.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("a pty carries bytes both ways; the master is non-blocking, the slave is not") {
  int fds[2] = {-1, -1};
  REQUIRE(pty_open({30, 100}, &fds[0], &fds[1]) == 0);
  const Fd master(fds[0]);
  const Fd slave(fds[1]);
  EXPECT(is_non_blocking_and_cloexec(master));
  EXPECT((fcntl(slave, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(slave, F_GETFL) & O_NONBLOCK) == 0);
  winsize size = {};
  EXPECT_EQ(ioctl(slave, TIOCGWINSZ, &size), 0);
  EXPECT_EQ(int{size.ws_row}, 30);
  EXPECT_EQ(int{size.ws_col}, 100);
  std::string line = "typed\n";
  EXPECT_EQ(fd_write(master, bytes_of(&line)), 6);
  std::string read(10, ' ');
  EXPECT_EQ(fd_read(slave, bytes_of(&read)), 6);
  EXPECT_EQ(read.substr(0, 6), line);
}

TEST("neither side becomes the controlling terminal") {
  const int code = in_child([] {
    int fds[2] = {-1, -1};
    if (::setsid() < 0 || pty_open({0, 0}, &fds[0], &fds[1]) < 0) return 2;
    return ::open("/dev/tty", O_RDWR) < 0 && errno == ENXIO ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
}

TEST("where no fd is left, a pty leaves none open") {
  const int code = in_child([] {
    const int next = ::dup(0);
    ::close(next);
    const rlimit limit = {static_cast<rlim_t>(next) + 1, static_cast<rlim_t>(next) + 1};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
    int fds[2] = {-1, -1};
    if (pty_open({0, 0}, &fds[0], &fds[1]) != failure(EMFILE)) return 3;
    return ::dup(0) == next ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
}

TEST("a memfd is a file, close-on-exec whatever the flags") {
  const Fd fd(memfd_open("mine", 0));
  EXPECT((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  std::string text = "content";
  EXPECT_EQ(fd_write(fd, bytes_of(&text)), 7);
  EXPECT_EQ(::lseek(fd, 0, SEEK_END), off_t{7});
  EXPECT_EQ(memfd_open("x", 1U << 20), failure(EINVAL));
}
