// Hello world over HTTP/1.1 as it was done before epoll: a thread, or a process, for each connection, which waits in
// recv().
// usage: blocking_http threads|processes
// It picks a port and prints `listening on 127.0.0.1:PORT`. Where the system gives no further thread or process it
// ends and says how many there were: that is its result.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "../shared/loopback.h"
#include "http_answer.h"

// Enough for what a connection needs here; the default of 8 MB would not cost memory either, only addresses.
enum { STACK_BYTES = 64 * 1024, HEAD_BYTES = 8 * 1024 };

static bool send_all(int fd, const char* data, size_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    data += sent;
    length -= (size_t)sent;
  }
  return true;
}

/** Answers what is complete and moves the rest to the front; false when the connection ends. */
static bool answer_all(int fd, char* bytes, size_t* length) {
  size_t read = 0;
  for (;;) {
    struct http_answer answer = http_answer(bytes + read, *length - read);
    if (answer.consumed == 0) break;
    read += answer.consumed;
    if (!send_all(fd, answer.response, answer.length) || !answer.keep_alive) return false;
  }
  memmove(bytes, bytes + read, *length - read);
  *length -= read;
  return *length < HEAD_BYTES;
}

static void serve_connection(int fd) {
  char bytes[HEAD_BYTES];
  size_t length = 0;
  for (;;) {
    ssize_t received = recv(fd, bytes + length, sizeof bytes - length, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) break;
    length += (size_t)received;
    if (!answer_all(fd, bytes, &length)) break;
  }
  close(fd);
}

static void* run_thread(void* argument) {
  int fd = *(int*)argument;
  free(argument);
  serve_connection(fd);
  return NULL;
}

static void start_thread(int fd) {
  static pthread_attr_t attributes;
  static bool ready = false;
  if (!ready) {
    ready = true;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  }
  pthread_t thread;
  int* argument = malloc(sizeof fd);
  if (argument == NULL) die("malloc");
  *argument = fd;
  errno = pthread_create(&thread, &attributes, run_thread, argument);
  if (errno != 0) die("error: no further thread");
}

static void start_process(int listener, int fd) {
  pid_t pid = fork();
  if (pid < 0) die("error: no further process");
  if (pid == 0) {
    close(listener);
    serve_connection(fd);
    _exit(0);
  }
  close(fd);
}

int main(int argc, char** argv) {
  bool threads = argc == 2 && strcmp(argv[1], "threads") == 0;
  if (!threads && (argc != 2 || strcmp(argv[1], "processes") != 0)) {
    fprintf(stderr, "usage: %s threads|processes\n", argv[0]);
    return 2;
  }
  signal(SIGCHLD, SIG_IGN);  // the kernel buries the children
  int listener = listen_any_port(0);
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (fd < 0) die("accept4");
    if (threads) {
      start_thread(fd);
    } else {
      start_process(listener, fd);
    }
  }
}
