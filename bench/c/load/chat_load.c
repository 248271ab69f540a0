// The load of the chat suite: a server of examples/chat.ts, and rooms of ROOM_MEMBERS. In each room one member says a
// line of LINE_BYTES; when all of the room have heard it, the next one says the next. An operation is a line at a
// member; its latency counts from the saying. Every byte is compared. Within the window the server's CPU clock is read.
// usage: chat_load <port> <rooms> <settleMs> <windowMs> <serverPid>
// It prints one line of JSON. Exit code 0 says that it ran, not that there were no errors: those are in the line.
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../shared/loopback.h"
#include "tally.h"

enum {
  MAX_EVENTS = 1024,
  MAX_ROOMS = 1500,
  ROOM_MEMBERS = 10,
  LINE_BYTES = 100,
  HEARD_BYTES = 256,  // longer than any line that is heard
  RECEIVE_BYTES = 65536,
  STALL_MS = 5000,
};

enum stage { CONNECTING, NAMELESS, JOINING, MEMBER };

struct room;

struct member {
  int fd;
  enum stage stage;
  uint32_t index;
  struct room* room;
  uint32_t heard;  // bytes of the line that is on its way
  char line[HEARD_BYTES];
};

struct room {
  struct member members[ROOM_MEMBERS];
  uint32_t speaker;
  uint32_t missing;  // members that have not heard the line yet
  uint32_t sequence;
  uint32_t expected_bytes;
  char expected[HEARD_BYTES];
  uint64_t said_ns;
};

static struct {
  int epoll_fd;
  uint16_t port;
  struct room* rooms;
  uint32_t joined;
  uint32_t missing_rooms;  // rooms whose line is on its way, at the end
  bool running;
  bool measuring;
  struct tally tally;
} load;

static void send_all(const struct member* member, const char* bytes, int length) {
  if (send(member->fd, bytes, (size_t)length, MSG_NOSIGNAL) != length) die("send");
}

static int name_of(const struct member* member, char* name, size_t size) {
  return snprintf(name, size, "p%d-%u", (int)getpid(), member->index);  // those of an earlier run may still be taken
}

static void introduce(struct member* member) {
  char text[64];
  int error = connect_error(member->fd);
  if (error != 0) {
    errno = error;
    die("connect");
  }
  int length = name_of(member, text, sizeof text);
  length += snprintf(text + length, sizeof text - (size_t)length, "\n/join r%ld\n", (long)(member->room - load.rooms));
  send_all(member, text, length);
  member->stage = JOINING;
}

/** The next member of the room says a line. */
static void say(struct room* room) {
  char line[LINE_BYTES + 1];
  const struct member* speaker = &room->members[room->speaker];
  room->speaker = (room->speaker + 1) % ROOM_MEMBERS;
  int begun = snprintf(line, sizeof line, "line %u ", ++room->sequence);
  for (int i = begun; i < LINE_BYTES - 1; i++) line[i] = (char)('a' + (room->sequence + (uint32_t)i) % 26u);
  line[LINE_BYTES - 1] = '\n';
  int named = name_of(speaker, room->expected, sizeof room->expected);
  memcpy(room->expected + named, ": ", 2);
  memcpy(room->expected + named + 2, line, LINE_BYTES);
  room->expected_bytes = (uint32_t)named + 2 + LINE_BYTES;
  room->missing = ROOM_MEMBERS;
  room->said_ns = now_ns();
  send_all(speaker, line, LINE_BYTES);
}

static void on_said(struct member* member) {
  struct room* room = member->room;
  if (member->heard != room->expected_bytes || memcmp(member->line, room->expected, member->heard) != 0)
    tally_error(&load.tally, "wrong line", EBADMSG);
  if (load.measuring) histogram_add(&load.tally.latency, now_ns() - room->said_ns);
  if (--room->missing > 0) return;
  if (load.running) {
    say(room);
  } else {
    load.missing_rooms--;
  }
}

static void on_line(struct member* member) {
  if (member->stage == MEMBER) {
    if (member->line[0] != '*') on_said(member);  // else another one has joined
    return;
  }
  char name[32];
  char wanted[HEARD_BYTES];
  name_of(member, name, sizeof name);
  int length = snprintf(wanted, sizeof wanted, "* %s is in r%ld\n", name, (long)(member->room - load.rooms));
  if (member->heard != (uint32_t)length || memcmp(member->line, wanted, member->heard) != 0) return;
  member->stage = MEMBER;
  load.joined++;
}

static void on_readable(struct member* member) {
  static char bytes[RECEIVE_BYTES];
  for (;;) {
    ssize_t count = recv(member->fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) die("recv");
    for (ssize_t i = 0; i < count; i++) {
      if (member->heard == HEARD_BYTES) {
        errno = EBADMSG;
        die("a line without an end");
      }
      member->line[member->heard++] = bytes[i];
      if (bytes[i] != '\n') continue;
      on_line(member);
      member->heard = 0;
    }
    if (count < (ssize_t)sizeof bytes) return;
  }
}

static void turn(int wait_ms) {
  static struct epoll_event events[MAX_EVENTS];
  int count = epoll_wait(load.epoll_fd, events, MAX_EVENTS, wait_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < count; i++) {
    struct member* member = events[i].data.ptr;
    if (member->stage == CONNECTING && (events[i].events & EPOLLOUT) != 0) introduce(member);
    if ((events[i].events & EPOLLIN) != 0) on_readable(member);
  }
}

static void turn_until(uint64_t deadline_ns) {
  for (uint64_t now = now_ns(); now < deadline_ns; now = now_ns()) turn((int)((deadline_ns - now + 999999) / 1000000));
}

/** Until `*count` is `wanted`. */
static void turn_while_not(const uint32_t* count, uint32_t wanted, const char* what) {
  for (uint64_t last = now_ns(); *count != wanted;) {
    uint32_t before = *count;
    turn(STALL_MS);
    if (*count != before) last = now_ns();
    if (now_ns() - last < STALL_MS * 1000000ull) continue;
    errno = ETIMEDOUT;
    die(what);
  }
}

/** In bursts: all who have not joined yet are in the lobby, where each hears of all. */
static void join_rooms(uint32_t rooms) {
  for (uint32_t i = 0; i < rooms * ROOM_MEMBERS; i++) {
    struct room* room = &load.rooms[i / ROOM_MEMBERS];
    struct member* member = &room->members[i % ROOM_MEMBERS];
    *member = (struct member){.fd = start_connecting(load.port, i), .stage = CONNECTING, .index = i, .room = room};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = member};
    if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, member->fd, &event) != 0) die("epoll_ctl");
    if (i % ROOM_MEMBERS == ROOM_MEMBERS - 1) turn_while_not(&load.joined, i + 1, "joining");
  }
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: %s <port> <rooms> <settleMs> <windowMs> <serverPid>\n", argv[0]);
    return 2;
  }
  load.port = (uint16_t)parse_number(argv[1], 1, 65535);
  const uint32_t rooms = (uint32_t)parse_number(argv[2], 1, MAX_ROOMS);
  const uint64_t settle_ns = (uint64_t)parse_number(argv[3], 0, 600000) * 1000000u;
  const uint64_t window_ns = (uint64_t)parse_number(argv[4], 1, 600000) * 1000000u;
  const pid_t server = (pid_t)parse_number(argv[5], 1, INT32_MAX);
  load.rooms = calloc(rooms, sizeof *load.rooms);
  if (load.rooms == NULL) die("calloc");
  load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (load.epoll_fd < 0) die("epoll_create1");

  join_rooms(rooms);
  load.running = true;
  for (uint32_t i = 0; i < rooms; i++) say(&load.rooms[i]);
  turn_until(now_ns() + settle_ns);
  const struct process_clock before = process_clock_read(server);
  const uint64_t start_ns = now_ns();
  load.measuring = true;
  turn_until(start_ns + window_ns);
  const uint64_t end_ns = now_ns();
  const struct process_clock after = process_clock_read(server);
  load.measuring = load.running = false;
  load.missing_rooms = rooms;
  turn_while_not(&load.missing_rooms, 0, "the last lines");
  tally_report(&load.tally, &before, &after, end_ns - start_ns, "");
  return 0;
}
