// The load of the accept suite: connections that are made, ended and made anew, PARALLEL of them under way at a time.
// The client sends nothing but its end of the stream, and waits for the server's: so a connection that is counted was
// accepted, seen to be over, and closed by the server. The CPU clocks of the server's processes are read when the first
// of the counted ones starts and when the last has ended, and nothing is left to do for it.
// With `http` each connection sends one request of HTTP/1.1 with `Connection: close` in place of its end, and the
// response has to be 200 with the body of the bench's servers.
// usage: connect_load <port> <parallel> <warmup> <connections> <leader of the server's process group> [http]
// It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those are in the line.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/loopback.h"
#include "process_group.h"
#include "tally.h"

enum { MAX_PARALLEL = 1024, MAX_EVENTS = 1024, STALL_MS = 10000, RESPONSE_BYTES = 1024 };

static const char request[] = "GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
static const char status[] = "HTTP/1.1 200 OK\r\n";
static const char body[] = "\r\n\r\nHello, World!\n";

struct client {
  int fd;
  bool connected;
  uint64_t start_ns;
  size_t length;
  char response[RESPONSE_BYTES];
};

static struct client clients[MAX_PARALLEL];
static struct tally tally;
static int epoll_fd;
static uint16_t port;
static bool is_http;
static uint32_t index_of_next;

static void start(struct client* client) {
  client->start_ns = now_ns();
  client->connected = false;
  client->length = 0;
  client->fd = start_connecting(port, index_of_next++);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0) die("epoll_ctl");
}

/** Begins what ends with the server's end: 0, or -1 and errno. */
static int speak(int fd) {
  if (!is_http) return shutdown(fd, SHUT_WR);
  return send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof request - 1) ? 0 : -1;
}

/** Whether all has come that has to come before the end. */
static bool is_whole(const struct client* client) {
  if (!is_http) return client->length == 0;
  const size_t tail = sizeof body - 1;
  return client->length >= sizeof status - 1 + tail && memcmp(client->response, status, sizeof status - 1) == 0 &&
         memcmp(client->response + client->length - tail, body, tail) == 0;
}

/** Whether it is over: the server has closed its end, or something failed. */
static bool advance(struct client* client, uint32_t events) {
  if (!client->connected) {
    const int error = connect_error(client->fd);
    if (error == 0 && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return false;
    if (error == 0 && speak(client->fd) == 0) {
      client->connected = true;
    } else {
      tally_error(&tally, "connect", error != 0 ? error : errno);
      return true;
    }
  }
  ssize_t count = 0;
  while ((count = recv(client->fd, client->response + client->length, RESPONSE_BYTES - client->length, 0)) > 0) {
    client->length += (size_t)count;
    if (client->length == RESPONSE_BYTES) break;
  }
  if (count < 0 && errno == EAGAIN) return false;
  if (count == 0 && is_whole(client)) {
    histogram_add(&tally.latency, now_ns() - client->start_ns);
  } else {
    tally_error(&tally, "recv", count < 0 ? errno : EBADMSG);
  }
  return true;
}

/** Makes so many connections, and returns when all are over. */
static void storm(uint32_t parallel, uint32_t total) {
  static struct epoll_event events[MAX_EVENTS];
  uint32_t started = 0;
  uint32_t ended = 0;
  while (started < total && started < parallel) start(&clients[started++]);
  while (ended < total) {
    const int count = epoll_wait(epoll_fd, events, MAX_EVENTS, STALL_MS);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    if (count == 0) {
      fprintf(stderr, "%u of %u connections were over, and no more within %d ms\n", ended, total, STALL_MS);
      exit(1);
    }
    for (int i = 0; i < count; i++) {
      struct client* client = events[i].data.ptr;
      if (!advance(client, events[i].events)) continue;
      close(client->fd);
      ended++;
      if (started < total) {
        started++;
        start(client);
      }
    }
  }
}

int main(int argc, char** argv) {
  if (argc < 6 || argc > 7 || (argc == 7 && strcmp(argv[6], "http") != 0)) {
    fprintf(stderr, "usage: %s <port> <parallel> <warmup> <connections> <server's group> [http]\n", argv[0]);
    return 2;
  }
  port = (uint16_t)parse_number(argv[1], 1, 65535);
  const uint32_t parallel = (uint32_t)parse_number(argv[2], 1, MAX_PARALLEL);
  const uint32_t warmup = (uint32_t)parse_number(argv[3], 0, 1000000);
  const uint32_t total = (uint32_t)parse_number(argv[4], 1, 1000000);
  struct process_group server = {.leader = (pid_t)parse_number(argv[5], 1, INT32_MAX)};
  is_http = argc == 7;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");

  storm(parallel, warmup);
  memset(&tally.latency, 0, sizeof tally.latency);
  size_t gone = 0;
  const struct process_clock before = process_group_find(&server);
  process_group_cpu(&server, &gone);
  const uint64_t start_ns = now_ns();
  storm(parallel, total);
  const uint64_t end_ns = now_ns();
  const double cpu = process_group_cpu(&server, &gone);
  if (gone > 0) tally_error(&tally, "processes of the server", ESRCH);
  struct process_clock after = process_group_find(&server);
  after.cpu = before.cpu + cpu;
  tally_report(&tally, &before, &after, end_ns - start_ns, "");
  return 0;
}
