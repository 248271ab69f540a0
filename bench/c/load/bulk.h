// A connection beside those of a load that sends as fast as the server takes it, and reads what comes back. It takes
// one send and one recv a turn of the load, so that it does not hold up the others itself. Every byte is compared.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/loopback.h"

enum { BULK_PERIOD = 65521, BULK_BYTES = 65536 };  // a prime: no chunk of the server's begins where another did

struct bulk {
  int fd;  // -1: no bulk
  uint64_t left;
  uint64_t sent;
  uint64_t received;
  char pattern[BULK_PERIOD + BULK_BYTES];
};

/** Connects, and waits for it. */
static inline void bulk_start(struct bulk* bulk, uint16_t port, uint64_t bytes) {
  bulk->fd = -1;
  bulk->left = bytes;
  if (bytes == 0) return;
  uint32_t word = 1;
  for (size_t i = 0; i < sizeof bulk->pattern; i++) {
    if (i < BULK_PERIOD) word = word * 1664525u + 1013904223u;
    bulk->pattern[i] = i < BULK_PERIOD ? (char)(word >> 24) : bulk->pattern[i - BULK_PERIOD];
  }
  bulk->fd = start_connecting(port, 0);
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLOUT};
  if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, bulk->fd, &event) != 0) die("epoll_ctl");
  if (epoll_wait(epoll_fd, &event, 1, 5000) != 1 || connect_error(bulk->fd) != 0) die("connect");
  close(epoll_fd);
}

/** Sends and receives what there is. What fails ends the program. */
static inline void bulk_turn(struct bulk* bulk) {
  if (bulk->fd < 0) return;
  if (bulk->left > 0) {
    size_t length = bulk->left < BULK_BYTES ? (size_t)bulk->left : (size_t)BULK_BYTES;
    ssize_t sent = send(bulk->fd, bulk->pattern + bulk->sent % BULK_PERIOD, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) die("bulk send");
    if (sent > 0) {
      bulk->sent += (uint64_t)sent;
      bulk->left -= (uint64_t)sent;
    }
  }
  if (bulk->received == bulk->sent) return;
  static char bytes[BULK_BYTES];
  ssize_t received = recv(bulk->fd, bytes, sizeof bytes, 0);
  if (received < 0 && errno == EAGAIN) return;
  if (received <= 0) die("bulk recv");
  if (memcmp(bytes, bulk->pattern + bulk->received % BULK_PERIOD, (size_t)received) != 0) {
    errno = EBADMSG;
    die("bulk: wrong bytes came back");
  }
  bulk->received += (uint64_t)received;
}
