// The floor of the echo suite: what has come goes back, over epoll in plain C.
// usage: epoll_echo          It picks a port and prints `listening on 127.0.0.1:PORT`.
#define _GNU_SOURCE
#include "epoll_server.h"

static void on_received(struct connection* connection, size_t length) { respond(connection, buffer, length); }

int main(void) { serve(); }
