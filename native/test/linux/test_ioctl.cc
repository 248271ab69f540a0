// ioctl(2) by the table: which bytes cross, which kinds of file are refused, and what a new fd is like.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "../../sys/linux/ioctl/ioctl.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

const IoctlRequest& request(const char* name) {
  const IoctlTable table = ioctl_table();
  for (size_t i = 0; i < table.count; i++) {
    if (std::strcmp(table.first[i].name, name) == 0) return table.first[i];
  }
  std::abort();
}

Result call(int fd, const char* name, std::string* memory) {
  return ioctl_call(fd, request(name), 0, bytes_of(memory));
}

Result call(int fd, const char* name, int64_t number = 0) {
  return ioctl_call(fd, request(name), number, {nullptr, 0});
}

Fd open_master() { return Fd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)); }

bool is_inside(const IoctlField& field, size_t size) {
  const size_t end = static_cast<size_t>(field.offset) + static_cast<size_t>(field.size) * field.count;
  const size_t count_end = field.count_offset < 0 ? 0 : static_cast<size_t>(field.count_offset) + sizeof(uint32_t);
  return end <= size && count_end <= size;
}

bool all_inside(const IoctlLayout& layout) {
  for (size_t i = 0; i < layout.field_count; i++) {
    const IoctlField& field = layout.fields[i];
    if (!is_inside(field, layout.size)) return false;
    if (field.layout != nullptr && (field.size != field.layout->size || !all_inside(*field.layout))) return false;
  }
  return true;
}

}  // namespace

TEST("every field of every layout lies within its struct, and no name stands twice") {
  const IoctlTable table = ioctl_table();
  std::set<std::string> names;
  for (size_t i = 0; i < table.count; i++) {
    const IoctlRequest& each = table.first[i];
    EXPECT(names.insert(each.name).second);
    EXPECT_EQ(each.argument == IoctlArgument::kMemory, each.layout != nullptr);
    if (each.layout != nullptr) EXPECT(all_inside(*each.layout));
  }
}

TEST("memory of another size than the layout's is refused before any call") {
  const Fd master = open_master();
  for (const size_t size : {0, 7, 9, 4096}) {
    std::string memory(size, '\0');
    EXPECT_EQ(call(master, "TIOCGWINSZ", &memory), kBadArgument);
  }
  std::string memory(8, '\0');
  EXPECT_EQ(call(master, "TIOCGWINSZ", &memory), 0);
}

TEST("a struct goes in and comes out whole") {
  const Fd master = open_master();
  const uint16_t size[4] = {25, 80, 1, 2};
  std::string given(reinterpret_cast<const char*>(size), sizeof size);
  EXPECT_EQ(call(master, "TIOCSWINSZ", &given), 0);
  std::string answer(sizeof size, '\0');
  EXPECT_EQ(call(master, "TIOCGWINSZ", &answer), 0);
  EXPECT_EQ(answer, given);
}

TEST("memory stays as it was when the call fails") {
  std::string memory(4, 'x');
  EXPECT_EQ(call(-1, "FIONREAD", &memory), failure(EBADF));
  EXPECT_EQ(memory, std::string(4, 'x'));
}

TEST("a file of another kind is ENOTTY, a number without a file is EBADF") {
  const Fd master = open_master();
  const Pair sockets;
  const Pipe pipe;
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Fd set(::epoll_create1(EPOLL_CLOEXEC));
  const IoctlTable table = ioctl_table();
  for (size_t i = 0; i < table.count; i++) {
    const IoctlRequest& each = table.first[i];
    std::string memory(each.layout == nullptr ? 0 : each.layout->size, '\0');
    const auto on = [&](int fd) { return ioctl_call(fd, each, 0, bytes_of(&memory)); };
    EXPECT_EQ(on(-1), failure(EBADF));
    if (each.file == FileKind::kTerminal) {
      for (const int fd : {static_cast<int>(sockets.first), static_cast<int>(pipe.read), static_cast<int>(null)}) {
        EXPECT_EQ(on(fd), failure(ENOTTY));
      }
    }
    if (each.file == FileKind::kSocket || each.file == FileKind::kInternet) EXPECT_EQ(on(master), failure(ENOTTY));
    if (each.file == FileKind::kInternet) EXPECT_EQ(on(sockets.first), failure(ENOTTY));  // AF_UNIX
    if (each.file == FileKind::kCharacter) EXPECT_EQ(on(pipe.read), failure(ENOTTY));
    if (each.file == FileKind::kBlock) EXPECT_EQ(on(null), failure(ENOTTY));
    if (each.file == FileKind::kStream) EXPECT_EQ(on(null), failure(ENOTTY));
  }
}

TEST("the other end of a pseudo-terminal is close-on-exec and non-blocking") {
  const Fd master = open_master();
  std::string unlocked(4, '\0');
  EXPECT_EQ(call(master, "TIOCSPTLCK", &unlocked), 0);
  const Fd other(static_cast<int>(call(master, "TIOCGPTPEER", O_RDWR | O_NOCTTY)));
  EXPECT(is_non_blocking_and_cloexec(other));
}
