// The floor of the messages suite: datagrams received by recvmsg(2) or recvfrom(2), and fds passed over a socket pair.
// usage: messages recvmsg|recvfrom|fds <warmup> <operations>          It prints one line of JSON.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../shared/loopback.h"
#include "../shared/own_clock.h"

// Below what a socket's buffer holds by default, so that no datagram is dropped.
enum { BATCH = 100, BYTES = 64 };

static int sender = -1;
static int receiver = -1;
static char buffer[BYTES];
static struct sockaddr_storage name;

static void open_datagram_sockets(void) {
  receiver = bind_any_port(SOCK_DGRAM | SOCK_NONBLOCK);
  sender = bind_any_port(SOCK_DGRAM | SOCK_NONBLOCK);
  struct sockaddr_in address = {0};
  socklen_t length = sizeof address;
  if (getsockname(receiver, (struct sockaddr*)&address, &length) != 0) die("getsockname");
  if (connect(sender, (struct sockaddr*)&address, sizeof address) != 0) die("connect");
}

static void send_batch(uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    if (send(sender, buffer, BYTES, MSG_DONTWAIT) != BYTES) die("send");
  }
}

static void receive_by_recvmsg(void) {
  struct iovec part = {.iov_base = buffer, .iov_len = BYTES};
  struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &part, .msg_iovlen = 1};
  if (recvmsg(receiver, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != BYTES) die("recvmsg");
}

static void receive_by_recvfrom(void) {
  socklen_t length = sizeof name;
  if (recvfrom(receiver, buffer, BYTES, MSG_DONTWAIT, (struct sockaddr*)&name, &length) != BYTES) die("recvfrom");
}

/** Only the receiving is measured: the sending is the same in all rows, and would bring the ratios nearer to 1. */
static void receive(uint64_t count, void (*receive_one)(void), struct own_sum* sum) {
  for (uint64_t left = count; left > 0;) {
    const uint64_t now = left < BATCH ? left : BATCH;
    send_batch(now);
    const struct own_clock before = own_clock_read();
    for (uint64_t i = 0; i < now; i++) receive_one();
    own_sum_add(sum, &before, now);
    left -= now;
  }
}

union control {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr align;
};

static void send_fd(int fd) {
  union control control = {.bytes = {0}};
  struct iovec part = {.iov_base = "f", .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(sender, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) die("sendmsg");
}

static int receive_fd(void) {
  union control control;
  struct iovec part = {.iov_base = buffer, .iov_len = BYTES};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  if (recvmsg(receiver, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) die("recvmsg");
  const struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) die("SCM_RIGHTS");
  int fd = -1;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

static void pass_fds(uint64_t count, struct own_sum* sum) {
  const struct own_clock before = own_clock_read();
  for (uint64_t i = 0; i < count; i++) {
    send_fd(sender);
    if (close(receive_fd()) != 0) die("close");
  }
  own_sum_add(sum, &before, count);
}

static void run(const char* kind, uint64_t count, struct own_sum* sum) {
  if (strcmp(kind, "fds") == 0) {
    pass_fds(count, sum);
  } else {
    receive(count, strcmp(kind, "recvmsg") == 0 ? receive_by_recvmsg : receive_by_recvfrom, sum);
  }
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s recvmsg|recvfrom|fds <warmup> <operations>\n", argv[0]);
    return 2;
  }
  const uint64_t warmup = (uint64_t)parse_number(argv[2], 1, 1000000000);
  const uint64_t operations = (uint64_t)parse_number(argv[3], 1, 1000000000);
  if (strcmp(argv[1], "fds") == 0) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) die("socketpair");
    sender = fds[0];
    receiver = fds[1];
  } else {
    open_datagram_sockets();
  }
  struct own_sum ignored = {0};
  run(argv[1], warmup, &ignored);
  struct own_sum sum = {0};
  run(argv[1], operations, &sum);
  own_sum_report(&sum);
  return 0;
}
