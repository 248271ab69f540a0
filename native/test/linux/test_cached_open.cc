// Opening without the disk: what is in the cache of names opens, and nothing else does.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "../../sys/linux/fds/cached_open.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

TEST("a file that was just made opens, close-on-exec and non-blocking; other names and kinds do not wait") {
  char folder[] = "/tmp/fdreactor-open-XXXXXX";
  EXPECT(::mkdtemp(folder) != nullptr);
  const std::string file = std::string(folder) + "/file";
  const std::string fifo = std::string(folder) + "/fifo";
  const Fd made(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  EXPECT(made >= 0);
  EXPECT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const Result opened = open_cached(file.c_str());
  // Before Linux 5.12, and in a sandbox.
  if (opened != failure(ENOSYS) && opened != failure(EINVAL) && opened != failure(EPERM)) {
    const Fd fd(static_cast<int>(opened));
    EXPECT(is_non_blocking_and_cloexec(fd));
    EXPECT_EQ(fd_file_size(fd), 0);
    const Fd reader(static_cast<int>(open_cached(fifo.c_str())));  // without a writer
    EXPECT(reader >= 0);
    EXPECT_EQ(fd_file_size(reader), failure(EINVAL));
    const Fd directory(static_cast<int>(open_cached(folder)));
    EXPECT_EQ(fd_file_size(directory), failure(EISDIR));
    const Result none = open_cached((file + "-not-there").c_str());
    EXPECT(none == failure(ENOENT) || none == failure(EAGAIN));
    EXPECT(open_cached("") < 0);
  }
  EXPECT_EQ(fd_file_size(-1), failure(EBADF));
  ::unlink(file.c_str());
  ::unlink(fifo.c_str());
  ::rmdir(folder);
}
