// SIGPIPE reaches the process from no call, even where its handler is the default one, which ends the process (fault
// 79).
#include <cerrno>
#include <csignal>

#include "../../sys/posix/sigpipe.h"
#include "../../sys/transfer.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor;
using namespace fdreactor::test;

namespace {

// What `call` answers on a pipe without a reader, in a process that SIGPIPE would end.
template <typename Call>
int error_in_child(Call call) {
  return in_child([call] {
    signal(SIGPIPE, SIG_DFL);
    sigpipe_block_in_this_thread();
    Pipe pipe;
    pipe.read.close();
    return error_of(call(int{pipe.write}));
  });
}

std::string text = "text";

}  // namespace

TEST("write and writev to a pipe without a reader are EPIPE") {
  EXPECT_EQ(error_in_child([](int fd) { return fd_write(fd, bytes_of(&text)); }), EPIPE);
  EXPECT_EQ(error_in_child([](int fd) {
              const Bytes one = bytes_of(&text);
              return fd_writev(fd, &one, 1);
            }),
            EPIPE);
}

TEST("sendfile, splice, tee and vmsplice to a pipe without a reader are EPIPE") {
  EXPECT_EQ(error_in_child([](int fd) { return transfer_sendfile(fd, File("content"), 0, 7); }), EPIPE);
  EXPECT_EQ(error_in_child([](int fd) { return transfer_splice(File("content"), 0, fd, kNoOffset, 7, 0); }), EPIPE);
  EXPECT_EQ(error_in_child([](int fd) {
              const Pipe source;
              fd_write(source.write, bytes_of(&text));
              return transfer_tee(source.read, fd, 4, 0);
            }),
            EPIPE);
  EXPECT_EQ(error_in_child([](int fd) {
              const Bytes one = bytes_of(&text);
              return transfer_vmsplice(fd, &one, 1, 0);
            }),
            EPIPE);
}

TEST("send to a peer that is gone needs no blocked signal") {
  EXPECT_EQ(in_child([] {
              signal(SIGPIPE, SIG_DFL);
              Pair pair;
              pair.second.close();
              return error_of(socket_send(pair.first, bytes_of(&text), 0));
            }),
            EPIPE);
}

TEST("without the block the signal would have come") {
  EXPECT_EQ(in_child([] {
              signal(SIGPIPE, SIG_DFL);
              Pipe pipe;
              pipe.read.close();
              return error_of(fd_write(pipe.write, bytes_of(&text)));
            }),
            128 + SIGPIPE);
}
