// read, write, their vectors, pipes and close, on any fd.
#include <sys/resource.h>

#include <cerrno>

#include "../../sys/fd.h"
#include "../../sys/posix/fd_room.h"
#include "../../sys/posix/sigpipe.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("a pipe is non-blocking and close-on-exec at both ends") {
  const Pipe pipe;
  EXPECT(is_non_blocking_and_cloexec(pipe.read));
  EXPECT(is_non_blocking_and_cloexec(pipe.write));
}

TEST("bytes go through in order, then would block, then end") {
  Pipe pipe;
  std::string sent = "hello";
  std::string received(16, '\0');
  EXPECT_EQ(fd_read(pipe.read, bytes_of(&received)), kWouldBlock);
  EXPECT_EQ(fd_write(pipe.write, bytes_of(&sent)), 5);
  EXPECT_EQ(fd_read(pipe.read, bytes_of(&received)), 5);
  EXPECT_EQ(received.substr(0, 5), sent);
  pipe.write.close();
  EXPECT_EQ(fd_read(pipe.read, bytes_of(&received)), 0);
}

TEST("a full pipe would block, and takes again what was read") {
  const Pipe pipe;
  std::string chunk(4096, 'x');
  Result written = 0;
  for (Result now = 0; now != kWouldBlock; now = fd_write(pipe.write, bytes_of(&chunk))) written += now;
  EXPECT(written >= 4096);
  EXPECT_EQ(fd_read(pipe.read, bytes_of(&chunk)), 4096);
  EXPECT_EQ(fd_write(pipe.write, bytes_of(&chunk)), 4096);
}

TEST("vectors are gathered and scattered in their order") {
  const Pipe pipe;
  std::string parts[] = {"one", "", "three"};
  const Bytes sources[] = {bytes_of(&parts[0]), bytes_of(&parts[1]), bytes_of(&parts[2])};
  EXPECT_EQ(fd_writev(pipe.write, sources, 3), 8);
  std::string first(4, '\0');
  std::string second(10, '\0');
  const Bytes targets[] = {bytes_of(&first), bytes_of(&second)};
  EXPECT_EQ(fd_readv(pipe.read, targets, 2), 8);
  EXPECT_EQ(first, std::string("onet"));
  EXPECT_EQ(second.substr(0, 4), std::string("hree"));
  EXPECT_EQ(fd_readv(pipe.read, targets, 2), kWouldBlock);
}

TEST("the longest vector is taken whole, a longer one is refused") {
  const Pipe pipe;
  std::string byte = "x";
  const std::vector<Bytes> sources(kMaxBuffers + 1, bytes_of(&byte));
  EXPECT_EQ(fd_writev(pipe.write, sources.data(), kMaxBuffers), Result{kMaxBuffers});
  EXPECT_EQ(fd_writev(pipe.write, sources.data(), kMaxBuffers + 1), failure(EINVAL));
}

TEST("an fd that is not open is EBADF for each") {
  std::string byte = "x";
  const Bytes one = bytes_of(&byte);
  EXPECT_EQ(fd_read(-1, one), failure(EBADF));
  EXPECT_EQ(fd_write(-1, one), failure(EBADF));
  EXPECT_EQ(fd_readv(-1, &one, 1), failure(EBADF));
  EXPECT_EQ(fd_writev(-1, &one, 1), failure(EBADF));
  EXPECT_EQ(fd_close(-1), failure(EBADF));
}

TEST("memory that is not there is EFAULT, not a crash") {
  const Pipe pipe;
  EXPECT_EQ(fd_write(pipe.write, {reinterpret_cast<void*>(8), 1}), failure(EFAULT));
}

TEST("a blocking fd is made non-blocking once; one that is so already is left alone") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd read(ends[0]);
  const Fd write(ends[1]);
  EXPECT_EQ(fd_is_non_blocking(read), 0);
  EXPECT_EQ(fd_ensure_non_blocking(read), 1);
  EXPECT_EQ(fd_is_non_blocking(read), 1);
  EXPECT_EQ(fd_ensure_non_blocking(read), 0);
  EXPECT_EQ(fd_is_non_blocking(write), 0);
  EXPECT_EQ(fd_set_non_blocking(read, false), 0);
  EXPECT_EQ(fd_is_non_blocking(read), 0);
  EXPECT_EQ(fd_set_non_blocking(read, true), 0);
  EXPECT_EQ(fd_is_non_blocking(read), 1);
}

TEST("a terminal is left blocking, its master is not") {
  const Fd master(posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const Fd terminal(::open(ptsname(master), O_RDWR | O_NOCTTY));
  REQUIRE(terminal >= 0);
  EXPECT_EQ(fd_ensure_non_blocking(terminal), 0);
  EXPECT_EQ(fd_is_non_blocking(terminal), 0);
  EXPECT_EQ(fd_ensure_non_blocking(master), 1);
  EXPECT_EQ(fd_set_non_blocking(terminal, true), 0);
  EXPECT_EQ(fd_is_non_blocking(terminal), 1);
}

TEST("what an fd is: its directions, and its kind of file") {
  const Pipe pipe;
  EXPECT_EQ(fd_traits(pipe.read), kFdReads | kFdPipe);
  EXPECT_EQ(fd_traits(pipe.write), kFdWrites | kFdPipe);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  EXPECT_EQ(fd_traits(socket), kFdReads | kFdWrites | kFdSocket);
  const Fd folder(::open("/", O_RDONLY));
  EXPECT_EQ(fd_traits(folder), kFdReads | kFdOnDisk);
  const Fd device(::open("/dev/null", O_RDWR));
  EXPECT_EQ(fd_traits(device), kFdReads | kFdWrites);
  const Fd master(posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const Fd terminal(::open(ptsname(master), O_RDWR | O_NOCTTY));
  EXPECT_EQ(fd_traits(terminal), kFdReads | kFdWrites | kFdTerminal);
}

TEST("a duplicate is a second number for the same file, close-on-exec") {
  Pipe pipe;
  std::string sent = "hello";
  std::string received(16, '\0');
  const Fd again(static_cast<int>(fd_duplicate(pipe.write)));
  REQUIRE(again >= 0);
  EXPECT(is_non_blocking_and_cloexec(again));
  pipe.write.close();
  EXPECT_EQ(fd_write(again, bytes_of(&sent)), 5);
  EXPECT_EQ(fd_read(pipe.read, bytes_of(&received)), 5);
  const int number = pipe.read;
  pipe.read.close();
  EXPECT_EQ(fd_duplicate(number), failure(EBADF));
}

TEST("the mode of a number that is not open is EBADF") {
  Pipe pipe;
  const int number = pipe.read;
  pipe.read.close();
  EXPECT_EQ(fd_is_non_blocking(number), failure(EBADF));
  EXPECT_EQ(fd_traits(number), failure(EBADF));
  EXPECT_EQ(fd_set_non_blocking(number, true), failure(EBADF));
  EXPECT_EQ(fd_ensure_non_blocking(number), failure(EBADF));
}

TEST("there is room for some more fds, or EMFILE, and none is left open by the question") {
  EXPECT_EQ(fd_room(8), 0);
  EXPECT_EQ(in_child([] {
              const Fd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
              const rlimit seven = {static_cast<rlim_t>(next) + 7, static_cast<rlim_t>(next) + 7};
              CHECK(setrlimit(RLIMIT_NOFILE, &seven) == 0);
              if (fd_room(6) != 0 || fd_room(6) != 0) return 1;
              return fd_room(8) == failure(EMFILE) && fd_room(6) == 0 ? 0 : 2;
            }),
            0);
}
