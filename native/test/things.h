// What the tests need before they can begin: fds that close themselves, pairs, listeners, threads that fall asleep for
// a moment. Set-up that fails ends the program (CHECK): it is no finding about the code under test.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "../core/check.h"
#include "../sys/address.h"
#include "../sys/fd.h"
#include "../sys/socket.h"

namespace fdreactor::test {

class Fd {
 public:
  explicit Fd(Result number) : number_(static_cast<int>(number)) { CHECK(number >= 0); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { close(); }
  operator int() const { return number_; }  // NOLINT(google-explicit-constructor): it stands for the number
  void close() {
    if (number_ >= 0) CHECK(::close(number_) == 0);
    number_ = -1;
  }

 private:
  int number_;
};

struct Pipe {
  int ends[2] = {-1, -1};
  Result made = fd_pipe(&ends[0], &ends[1]);
  Fd read{ends[0]};
  Fd write{ends[1]};
};

struct Pair {
  explicit Pair(int type = SOCK_STREAM) : made(socket_pair(AF_UNIX, type, &ends[0], &ends[1])) {}
  int ends[2] = {-1, -1};
  Result made;
  Fd first{ends[0]};
  Fd second{ends[1]};
};

inline Address ip(const char* host, int port) {
  Address address;
  CHECK(address_from_ip(host, port, &address) == 0);
  return address;
}

inline Address bound_to(int fd) {
  Address address;
  CHECK(socket_local_address(fd, &address) == 0);
  return address;
}

// A socket that is bound to a free port of the loopback address.
struct Bound : Fd {
  explicit Bound(int type, const char* host = "127.0.0.1")
      : Fd(socket_open(std::strchr(host, ':') != nullptr ? AF_INET6 : AF_INET, type, 0)) {
    CHECK(socket_bind(*this, ip(host, 0)) == 0);
    if (type == SOCK_STREAM) CHECK(socket_listen(*this, 16) == 0);
    address = bound_to(*this);
  }
  Address address;
};

inline Bytes bytes_of(std::string* text) { return {text->data(), text->size()}; }

// An unnamed file with these bytes.
struct File : Fd {
  explicit File(const std::string& content) : Fd(::open(P_tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
    CHECK(::pwrite(*this, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
  }
};

// The exit code of a child that runs `body`; 128 + N if signal N ended it. For what a process can only do once.
template <typename Body>
int in_child(Body body) {
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) _exit(body());
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

inline bool is_non_blocking_and_cloexec(int fd) {
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

}  // namespace fdreactor::test
