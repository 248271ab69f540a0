// Socket options: which are let through, and what the kernel is given in place of a user's buffer.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "../../sys/socket.h"
#include "../../sys/socket_options.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

constexpr int kZerocopyReceive = 35;
constexpr size_t kAnAddress = 8;

}  // namespace

TEST("options that take an address are refused, with a value of any size") {
  for (const size_t bytes : {size_t{0}, size_t{4}, size_t{16}, size_t{4096}}) {
    EXPECT(!option_may_be_set(SOL_SOCKET, SO_ATTACH_FILTER, bytes));
    EXPECT(!option_may_be_set(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, bytes));
    EXPECT(!option_may_be_set(IPPROTO_IP, 64, bytes));
    EXPECT(!option_may_be_set(283, 4, bytes));
  }
  EXPECT(!option_may_be_read(IPPROTO_TCP, kZerocopyReceive));
  EXPECT(!option_may_be_read(SOL_SOCKET, SO_ATTACH_FILTER));  // SO_GET_FILTER has its number
  EXPECT(!option_may_be_read(IPPROTO_IP, IP_MSFILTER));
}

TEST("an option that is not in the tables takes an int, and no value with room for an address") {
  for (const int level : {-1, 2, 283, 300, 0x7fffffff}) {
    EXPECT(option_may_be_set(level, 1, sizeof(int)));
    EXPECT(!option_may_be_set(level, 1, kAnAddress));
  }
  EXPECT(!option_may_be_set(SOL_SOCKET, 9999, kAnAddress));
  EXPECT(!option_may_be_set(IPPROTO_TCP, -1, kAnAddress));
  EXPECT(option_may_be_set(263, 22, sizeof(int)));  // PACKET_FANOUT_DATA: an fd ...
  EXPECT(!option_may_be_set(263, 22, kAnAddress));  // ... or a program
  EXPECT(option_may_be_set(SOL_SOCKET, SO_LINGER, sizeof(linger)));
  EXPECT(option_may_be_set(IPPROTO_TCP, TCP_CONGESTION, 16));
}

TEST("a refused option makes no system call") {
  char value[64] = {};
  Bytes bytes = {value, sizeof value};
  EXPECT_EQ(socket_get_option(-1, IPPROTO_TCP, kZerocopyReceive, &bytes), kBadArgument);
  EXPECT_EQ(socket_set_option(-1, SOL_SOCKET, SO_ATTACH_FILTER, bytes), kBadArgument);
  EXPECT_EQ(socket_get_option(-1, IPPROTO_TCP, TCP_INFO, &bytes), failure(EBADF));
}

TEST("the kernel is given zeros, and the buffer gets what it wrote and no more") {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{256}, size_t{257}, size_t{1} << 20}) {
    std::vector<char> buffer(size, 'u');
    OptionValue value({buffer.data(), buffer.size()}, OptionInput::kNone);
    REQUIRE(value.data() != nullptr);
    EXPECT_EQ(value.size(), size);
    EXPECT(std::all_of(value.data(), value.data() + size, [](char byte) { return byte == 0; }));
    const char* beyond = value.data() + size;  // which protocols that look at no length may touch
    EXPECT(std::all_of(beyond, beyond + 64, [](char byte) { return byte == 0; }));
    std::memset(value.data(), 'k', size);
    value.copy_out(size / 2);
    EXPECT_EQ(static_cast<size_t>(std::count(buffer.begin(), buffer.end(), 'k')), size / 2);
    value.copy_out(size + 100);
    EXPECT_EQ(static_cast<size_t>(std::count(buffer.begin(), buffer.end(), 'k')), size);
  }
}

TEST("an option that takes input is given the buffer's bytes") {
  EXPECT(option_takes_input(263, 11));  // PACKET_HDRLEN
  EXPECT(!option_takes_input(IPPROTO_TCP, TCP_INFO));
  char version[4] = {1, 0, 0, 0};
  OptionValue value({version, sizeof version}, OptionInput::kBuffer);
  EXPECT_EQ(std::memcmp(value.data(), version, sizeof version), 0);
}

TEST("a length that the kernel has no number for is refused") {
  const Fd fd(socket_open(AF_INET, SOCK_STREAM, 0));
  char value[4] = {};
  EXPECT_EQ(socket_set_option(fd, SOL_SOCKET, SO_LINGER, {value, size_t{1} << 32 | 8}), failure(EINVAL));
}
