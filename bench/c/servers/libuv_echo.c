// libuv without Node.js: the same echo server over uv_tcp, as its own documentation would have it, so that the table
// shows what of node:net's cost is libuv and what is JavaScript. uv_try_write first, a queued uv_write for the rest.
// usage: libuv_echo          It picks a port and prints `listening on 127.0.0.1:PORT`.
#include <arpa/inet.h>
#include <uv.h>

#include "../shared/common.h"

enum { BUFFER_BYTES = 65536, BACKLOG = 4096 };

struct pending_write {
  uv_write_t request;
  char data[];
};

static char buffer[BUFFER_BYTES];

static void check(int status, const char* what) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
  exit(1);
}

static void give_buffer(uv_handle_t* handle, size_t suggested, uv_buf_t* out) {
  (void)handle;
  (void)suggested;
  *out = uv_buf_init(buffer, sizeof buffer);
}

static void free_handle(uv_handle_t* handle) { free(handle); }

static void close_stream(uv_stream_t* stream) {
  if (!uv_is_closing((uv_handle_t*)stream)) uv_close((uv_handle_t*)stream, free_handle);
}

static void on_data(uv_stream_t* stream, ssize_t received, const uv_buf_t* chunk);

/** The peer has taken what was kept: reading goes on. */
static void on_written(uv_write_t* request, int status) {
  uv_stream_t* stream = request->handle;
  free(request);
  if (status < 0) {
    close_stream(stream);
  } else if (!uv_is_closing((uv_handle_t*)stream)) {
    check(uv_read_start(stream, give_buffer, on_data), "uv_read_start");
  }
}

static void write_rest(uv_stream_t* stream, const char* data, size_t length) {
  struct pending_write* pending = malloc(sizeof *pending + length);
  if (pending == NULL) die("malloc");
  memcpy(pending->data, data, length);
  uv_buf_t rest = uv_buf_init(pending->data, (unsigned)length);
  uv_read_stop(stream);
  if (uv_write(&pending->request, stream, &rest, 1, on_written) < 0) {
    free(pending);
    close_stream(stream);
  }
}

static void on_data(uv_stream_t* stream, ssize_t received, const uv_buf_t* chunk) {
  if (received == 0) return;
  if (received < 0) {
    close_stream(stream);
    return;
  }
  uv_buf_t whole = uv_buf_init(chunk->base, (unsigned)received);
  int sent = uv_try_write(stream, &whole, 1);
  if (sent == UV_EAGAIN) sent = 0;
  if (sent < 0) {
    close_stream(stream);
  } else if (sent < received) {
    write_rest(stream, chunk->base + sent, (size_t)(received - sent));
  }
}

static void on_connection(uv_stream_t* listener, int status) {
  check(status, "connection");
  uv_tcp_t* client = malloc(sizeof *client);
  if (client == NULL) die("malloc");
  check(uv_tcp_init(listener->loop, client), "uv_tcp_init");
  check(uv_accept(listener, (uv_stream_t*)client), "uv_accept");
  check(uv_read_start((uv_stream_t*)client, give_buffer, on_data), "uv_read_start");
}

int main(void) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  struct sockaddr_in address;
  int length = sizeof address;
  check(uv_tcp_init(loop, &listener), "uv_tcp_init");
  check(uv_ip4_addr("127.0.0.1", 0, &address), "uv_ip4_addr");
  check(uv_tcp_bind(&listener, (const struct sockaddr*)&address, 0), "uv_tcp_bind");
  check(uv_listen((uv_stream_t*)&listener, BACKLOG, on_connection), "uv_listen");
  check(uv_tcp_getsockname(&listener, (struct sockaddr*)&address, &length), "uv_tcp_getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
