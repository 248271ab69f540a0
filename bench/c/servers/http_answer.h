// Shared by the HTTP servers in C: the smallest reading of HTTP/1.1 that is right for a GET without a body. A head
// may come in parts, several may come at once, and keep-alive follows the request. The response has the fields of
// nginx's and about its size, with a correct Date.
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { RESPONSE_BYTES = 192 };

struct http_answer {
  // Of the request's head, 0 while its end has not come.
  size_t consumed;
  bool keep_alive;
  // The whole response; good until the next call.
  const char* response;
  size_t length;
};

/** The usual response, made anew when the second has changed. */
static inline const char* http_hello(bool keep_alive, size_t* length) {
  static _Thread_local char text[2][RESPONSE_BYTES];
  static _Thread_local size_t lengths[2];
  static _Thread_local time_t made[2];
  time_t now = time(NULL);
  if (made[keep_alive] != now) {
    char date[40];
    struct tm parts;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    lengths[keep_alive] = (size_t)snprintf(text[keep_alive], RESPONSE_BYTES,
                                           "HTTP/1.1 200 OK\r\nServer: c\r\nDate: %s\r\nContent-Type: text/plain\r\n"
                                           "Content-Length: 14\r\nConnection: %s\r\n\r\nHello, World!\n",
                                           date, keep_alive ? "keep-alive" : "close");
    made[keep_alive] = now;
  }
  *length = lengths[keep_alive];
  return text[keep_alive];
}

/** Whether the connection stays open, by the request's version and its Connection field. */
static inline bool http_keeps_alive(const char* head, size_t length) {
  const char* line_end = memchr(head, '\r', length);
  if (memmem(head, (size_t)(line_end - head), " HTTP/1.1", 9) == NULL) return false;
  for (const char* line = line_end + 2; line < head + length - 2;) {
    const char* end = memchr(line, '\r', (size_t)(head + length - line));
    if (end - line >= 17 && strncasecmp(line, "Connection: close", 17) == 0) return false;
    line = end + 2;
  }
  return true;
}

/** The answer to the first request in `bytes`. */
static inline struct http_answer http_answer(const char* bytes, size_t length) {
  static const char bad[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  struct http_answer answer = {.consumed = 0};
  const char* end = memmem(bytes, length, "\r\n\r\n", 4);
  if (end == NULL) return answer;
  answer.consumed = (size_t)(end - bytes) + 4;
  if (strncmp(bytes, "GET /", 5) != 0) {
    answer.response = bad;
    answer.length = sizeof bad - 1;
    return answer;
  }
  answer.keep_alive = http_keeps_alive(bytes, answer.consumed);
  answer.response = http_hello(answer.keep_alive, &answer.length);
  return answer;
}
