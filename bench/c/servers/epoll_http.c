// The floor of the C10K curve: hello world over HTTP/1.1, over epoll in plain C, on one thread.
// usage: epoll_http          It picks a port and prints `listening on 127.0.0.1:PORT`.
#define _GNU_SOURCE
#include "epoll_server.h"
#include "http_answer.h"

// As many requests as a buffer can hold, if each is as short as can be.
enum { ANSWERS_BYTES = BUFFER_BYTES / (sizeof "GET /\r\n\r\n" - 1) * RESPONSE_BYTES };

/** Answers all requests that are complete, in order and at once; what is left is kept, unless it fills the buffer. */
static void on_received(struct connection* connection, size_t length) {
  static char answers[ANSWERS_BYTES];
  size_t used = 0;
  size_t read = 0;
  while (!connection->last && read < length) {
    struct http_answer answer = http_answer(buffer + read, length - read);
    if (answer.consumed == 0) break;
    read += answer.consumed;
    memcpy(answers + used, answer.response, answer.length);
    used += answer.length;
    connection->last = !answer.keep_alive;
  }
  if (!connection->last && read < length) {
    if (length - read == sizeof buffer) {
      close_connection(connection);
      return;
    }
    connection->partial = copy_of(buffer + read, length - read);
    connection->partial_length = length - read;
  }
  if (used > 0) respond(connection, answers, used);
}

int main(void) { serve(); }
