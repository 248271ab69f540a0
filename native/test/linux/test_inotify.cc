// inotify(7): where events begin, and bytes that no inotify has written.
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "../../sys/linux/fds/inotify.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr size_t kRoom = 512;

struct Folder {
  std::string path = P_tmpdir "/fdreactor-XXXXXX";
  Folder() { CHECK(::mkdtemp(path.data()) != nullptr); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { ::rmdir(path.c_str()); }
};

struct Events {
  char bytes[kRoom];
  int32_t offsets[kRoom / kInotifyEventBytes];

  Result read(int fd, size_t size = kRoom) { return inotify_read(fd, {bytes, size}, offsets, kRoom / 16); }
  inotify_event at(int i) const {
    inotify_event event;
    std::memcpy(&event, bytes + offsets[i], sizeof event);
    return event;
  }
  std::string name(int i) const { return bytes + offsets[i] + sizeof(inotify_event); }
};

}  // namespace

TEST("each event is found, with its name, and a buffer that is too small is EINVAL") {
  const Folder folder;
  const Fd fd(inotify_open(0));
  Events events;
  EXPECT(is_non_blocking_and_cloexec(fd));
  const Result wd = inotify_add(fd, folder.path.c_str(), IN_CREATE | IN_DELETE);
  EXPECT(wd > 0);
  EXPECT_EQ(events.read(fd), kWouldBlock);
  const std::string inner = folder.path + "/a name that is longer than sixteen bytes";
  CHECK(::mkdir(inner.c_str(), 0700) == 0 && ::rmdir(inner.c_str()) == 0);
  EXPECT_EQ(events.read(fd, kInotifyEventBytes), failure(EINVAL));
  EXPECT_EQ(events.read(fd), 2);
  EXPECT_EQ(events.offsets[0], 0);
  EXPECT_EQ(events.at(0).mask, uint32_t{IN_CREATE | IN_ISDIR});
  EXPECT_EQ(events.at(1).mask, uint32_t{IN_DELETE | IN_ISDIR});
  EXPECT_EQ(events.at(1).wd, static_cast<int>(wd));
  EXPECT_EQ(events.name(1), "a name that is longer than sixteen bytes");
  EXPECT_EQ(inotify_remove(fd, static_cast<int>(wd)), 0);
  EXPECT_EQ(inotify_remove(fd, static_cast<int>(wd)), failure(EINVAL));
}

TEST("lengths that lie reach no memory beyond what was read") {
  Pipe pipe;
  for (const uint32_t length : {1U, 15U, 16U, 4096U, UINT32_MAX, UINT32_MAX - 3}) {
    inotify_event event = {};
    event.len = length;
    std::string bytes(reinterpret_cast<const char*>(&event), sizeof event);
    EXPECT_EQ(fd_write(pipe.write, bytes_of(&bytes)), 16);
    EXPECT_EQ(Events().read(pipe.read), failure(EINVAL));
  }
  std::string cut(kInotifyEventBytes + 3, '\0');
  EXPECT_EQ(fd_write(pipe.write, bytes_of(&cut)), 19);
  EXPECT_EQ(Events().read(pipe.read), failure(EINVAL));
}

TEST("the end of a file is EINVAL, and too few offsets are a bad argument") {
  const File file("");
  Events events;
  EXPECT_EQ(events.read(file), failure(EINVAL));
  EXPECT_EQ(inotify_read(file, {events.bytes, kRoom}, events.offsets, 3), kBadArgument);
}
