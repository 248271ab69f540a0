// sendfile, splice, tee, vmsplice: how much they move, and what is left where it was.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "../../sys/transfer.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

std::string read_all(int fd) {
  std::string received(1 << 16, '\0');
  const Result count = fd_read(fd, bytes_of(&received));
  return count < 0 ? std::string() : received.substr(0, static_cast<size_t>(count));
}

}  // namespace

TEST("sendfile moves the range, and the file's own position stays") {
  const File file("0123456789");
  const Pair pair;
  EXPECT_EQ(transfer_sendfile(pair.first, file, 2, 5), 5);
  EXPECT_EQ(read_all(pair.second), std::string("23456"));
  EXPECT_EQ(::lseek(file, 0, SEEK_CUR), off_t{0});
  EXPECT_EQ(transfer_sendfile(pair.first, file, 8, 100), 2);
  EXPECT_EQ(read_all(pair.second), std::string("89"));
}

TEST("sendfile at or behind the end of the file, or of nothing, is 0") {
  const File file("0123456789");
  const Pair pair;
  EXPECT_EQ(transfer_sendfile(pair.first, file, 10, 1), 0);
  EXPECT_EQ(transfer_sendfile(pair.first, file, int64_t{1} << 32, 1), 0);
  EXPECT_EQ(transfer_sendfile(pair.first, file, 0, 0), 0);
  EXPECT_EQ(transfer_sendfile(pair.first, file, -5, 1), failure(EINVAL));
}

TEST("counts beyond the kernel's limit are clamped") {
  const File file("0123456789");
  const Pair pair;
  EXPECT_EQ(transfer_sendfile(pair.first, file, 0, size_t{1} << 53), 10);
  const Pipe pipe;
  EXPECT_EQ(transfer_splice(pair.second, kNoOffset, pipe.write, kNoOffset, size_t{1} << 53, 0), 10);
  const Pipe copy;
  EXPECT_EQ(transfer_tee(pipe.read, copy.write, size_t{1} << 53, 0), 10);
}

TEST("sendfile into a peer that does not read would block, and nothing is lost") {
  const std::string content(8 << 20, 'x');
  const File file(content);
  const Pair pair;
  Result moved = 0;
  for (Result now = 0; now != kWouldBlock; now = transfer_sendfile(pair.first, file, moved, content.size()))
    moved += now;
  EXPECT(moved > 0 && moved < static_cast<Result>(content.size()));
  Result received = 0;
  for (std::string got = read_all(pair.second); !got.empty(); got = read_all(pair.second)) {
    received += static_cast<Result>(got.size());
  }
  EXPECT_EQ(received, moved);
}

TEST("sources and targets that cannot be") {
  const File file("0123456789");
  const Pair pair;
  const Fd appending(::open(("/proc/self/fd/" + std::to_string(int{file})).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  const Fd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(transfer_sendfile(pair.first, appending, 0, 1), failure(EBADF));
  EXPECT_EQ(transfer_sendfile(appending, file, 0, 1), failure(EINVAL));
  EXPECT(is_failure(transfer_sendfile(pair.first, folder, 0, 1)));
  EXPECT(is_failure(transfer_sendfile(pair.first, pair.second, 0, 1)));
  EXPECT_EQ(transfer_sendfile(pair.first, -1, 0, 1), failure(EBADF));
}

TEST("splice goes socket to pipe to socket") {
  const Pair in;
  const Pair out;
  const Pipe pipe;
  std::string sent = "through a pipe";
  EXPECT_EQ(transfer_splice(in.second, kNoOffset, pipe.write, kNoOffset, 100, 0), kWouldBlock);
  EXPECT_EQ(socket_send(in.first, bytes_of(&sent), 0), 14);
  EXPECT_EQ(transfer_splice(in.second, kNoOffset, pipe.write, kNoOffset, 100, 0), 14);
  EXPECT_EQ(transfer_bytes_in_pipe(pipe.read), 14);
  EXPECT_EQ(transfer_splice(pipe.read, kNoOffset, out.first, kNoOffset, 7, 0), 7);
  EXPECT_EQ(transfer_splice(pipe.read, kNoOffset, out.first, kNoOffset, 100, 0), 7);
  EXPECT_EQ(read_all(out.second), sent);
  CHECK(socket_shutdown(in.first, SHUT_WR) == 0);
  EXPECT_EQ(transfer_splice(in.second, kNoOffset, pipe.write, kNoOffset, 100, 0), 0);
}

TEST("splice takes an offset on the side of the file only") {
  const File file("0123456789");
  const Pair pair;
  const Pipe pipe;
  EXPECT_EQ(transfer_splice(file, 3, pipe.write, kNoOffset, 4, 0), 4);
  EXPECT_EQ(read_all(pipe.read), std::string("3456"));
  EXPECT_EQ(::lseek(file, 0, SEEK_CUR), off_t{0});
  EXPECT_EQ(transfer_splice(file, kNoOffset, pipe.write, kNoOffset, 4, 0), 4);
  EXPECT_EQ(::lseek(file, 0, SEEK_CUR), off_t{4});
  EXPECT_EQ(transfer_splice(file, 0, pipe.write, 0, 4, 0), failure(ESPIPE));
  EXPECT_EQ(transfer_splice(file, 0, pair.first, kNoOffset, 4, 0), failure(EINVAL));
}

TEST("tee copies and leaves the source full") {
  const Pipe source;
  const Pipe copy;
  std::string text = "twice";
  EXPECT_EQ(transfer_tee(source.read, copy.write, 10, SPLICE_F_NONBLOCK), kWouldBlock);
  CHECK(fd_write(source.write, bytes_of(&text)) == 5);
  EXPECT_EQ(transfer_tee(source.read, copy.write, 10, 0), 5);
  EXPECT_EQ(read_all(copy.read), text);
  EXPECT_EQ(read_all(source.read), text);
}

TEST("vmsplice gathers copies of user memory into a pipe, and takes none out of it") {
  const Pipe pipe;
  std::string parts[] = {"user", "memory"};
  const Bytes buffers[] = {bytes_of(&parts[0]), bytes_of(&parts[1])};
  EXPECT_EQ(transfer_vmsplice(pipe.write, buffers, 2, 0), 10);
  parts[0] = "later";
  EXPECT_EQ(read_all(pipe.read), std::string("usermemory"));
  EXPECT_EQ(transfer_vmsplice(pipe.read, buffers, 2, 0), failure(EBADF));
  const Pair pair;
  EXPECT_EQ(transfer_vmsplice(pair.first, buffers, 2, 0), failure(EBADF));
}

TEST("a full pipe would block, with or without SPLICE_F_NONBLOCK") {
  const File file("0123456789");
  const Pipe full;
  const Pipe other;
  std::string page(static_cast<size_t>(transfer_set_pipe_size(full.read, 4096)), 'x');
  const Bytes buffers[] = {bytes_of(&page)};
  CHECK(fd_write(full.write, bytes_of(&page)) == static_cast<Result>(page.size()));
  CHECK(fd_write(other.write, bytes_of(&page)) > 0);
  EXPECT_EQ(transfer_vmsplice(full.write, buffers, 1, 0), kWouldBlock);
  EXPECT_EQ(transfer_splice(file, 0, full.write, kNoOffset, 5, 0), kWouldBlock);
  EXPECT_EQ(transfer_tee(other.read, full.write, 5, 0), kWouldBlock);
}

TEST("a pipe takes the size that it is given, in whole pages") {
  const Pipe pipe;
  EXPECT_EQ(transfer_set_pipe_size(pipe.read, 1), Result{::sysconf(_SC_PAGESIZE)});
  EXPECT_EQ(transfer_set_pipe_size(pipe.read, 65536), 65536);
  EXPECT(is_failure(transfer_set_pipe_size(pipe.read, size_t{1} << 40)));
  const Pair pair;
  EXPECT_EQ(transfer_set_pipe_size(pair.first, 65536), failure(EBADF));
}

TEST("a side of splice is what the kernel says: watchable or not, a terminal, hung up, appending") {
  const File file("x");
  const Pipe pipe;
  const Pair pair;
  EXPECT_EQ(transfer_side(file), kSideUnwatchable);
  EXPECT_EQ(transfer_side(pipe.read), 0);
  EXPECT_EQ(transfer_side(pair.first), 0);
  const Fd null(::open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC));
  EXPECT_EQ(transfer_side(null), kSideUnwatchable | kSideAppends);
  const Fd appending(::open(("/proc/self/fd/" + std::to_string(pipe.write)).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  REQUIRE(appending >= 0);
  EXPECT_EQ(transfer_side(appending), 0);  // pipe to pipe: the flag means nothing
  const Fd inotify(::inotify_init1(IN_CLOEXEC));
  EXPECT_EQ(transfer_side(inotify), 0);
  EXPECT_EQ(transfer_side(1 << 30), failure(EBADF));
}

TEST("a terminal is one until it hangs up") {
  Fd master(posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
  const Fd terminal(::open(ptsname(master), O_RDWR | O_NOCTTY));
  EXPECT_EQ(transfer_side(master), kSideTerminal);
  EXPECT_EQ(transfer_side(terminal), kSideTerminal);
  master.close();
  EXPECT_EQ(transfer_side(terminal), kSideHungUp);
}

TEST("whether a device can be watched is asked with one fd more, or it is EMFILE") {
  EXPECT_EQ(in_child([] {
              const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
              const rlimit none = {static_cast<rlim_t>(null) + 1, static_cast<rlim_t>(null) + 1};
              CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
              return transfer_side(null) == failure(EMFILE) ? 0 : 1;
            }),
            0);
}
