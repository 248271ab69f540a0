// The C peer of the udp suite: epoll, and then recvfrom and sendto until nothing is left; or, as far as datagrams are
// there, 64 of them by one recvmmsg and one sendmmsg.
// usage: udp_echo single|batch
// It picks a port and prints `listening on 127.0.0.1:PORT`.
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/loopback.h"

enum { BATCH = 64, DATAGRAM_BYTES = 65536 };

static char buffers[BATCH][DATAGRAM_BYTES];
static struct sockaddr_in senders[BATCH];

/** What cannot be sent now is dropped, and the load says so. Whether there may be more. */
static bool echo_one(int fd) {
  socklen_t length = sizeof senders[0];
  const ssize_t received = recvfrom(fd, buffers[0], DATAGRAM_BYTES, 0, (struct sockaddr*)&senders[0], &length);
  if (received < 0 && errno == EAGAIN) return false;
  if (received < 0) die("recvfrom");
  if (sendto(fd, buffers[0], (size_t)received, 0, (struct sockaddr*)&senders[0], length) < 0 && errno != EAGAIN) {
    die("sendto");
  }
  return true;
}

static bool echo_batch(int fd) {
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){.iov_base = buffers[i], .iov_len = DATAGRAM_BYTES};
    messages[i].msg_hdr = (struct msghdr){
        .msg_name = &senders[i], .msg_namelen = sizeof senders[i], .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  const int received = recvmmsg(fd, messages, BATCH, 0, NULL);
  if (received < 0 && errno == EAGAIN) return false;
  if (received < 0) die("recvmmsg");
  for (int i = 0; i < received; i++) parts[i].iov_len = messages[i].msg_len;
  if (sendmmsg(fd, messages, (unsigned)received, 0) < 0 && errno != EAGAIN) die("sendmmsg");
  return true;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s single|batch\n", argv[0]);
    return 2;
  }
  bool (*const echo)(int) = strcmp(argv[1], "batch") == 0 ? echo_batch : echo_one;
  const int fd = bind_any_port(SOCK_DGRAM | SOCK_NONBLOCK);
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");
  struct epoll_event event = {.events = EPOLLIN};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  announce(fd);
  for (;;) {
    const int count = epoll_wait(epoll_fd, &event, 1, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    while (count > 0 && echo(fd)) {
    }
  }
}
