// The calls on the fd of a stream: a socket, or a pipe or a terminal. None waits, and none raises SIGPIPE.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../core/result.h"
#include "../fd.h"

namespace fdreactor {

extern const int kStreamNoMemory;    // the system's ENOMEM
extern const int kStreamBrokenPipe;  // EPIPE

enum class StreamFd : uint8_t { kNoSocket, kStream, kDatagrams };

StreamFd stream_kind(int fd);
bool stream_only_sends(int fd);  // of a file or a pipe: it was opened to be written only
Result stream_receive(int fd, bool is_socket, Bytes room);
// `is_corked`: more follows at once, and may share a packet with these bytes.
Result stream_send(int fd, bool is_socket, const Bytes* parts, size_t count, bool is_corked);
void stream_shutdown(int fd);                   // SHUT_WR; a peer that is gone already is told by the next receive
int stream_take_error(int fd, bool is_socket);  // 0 for none
void stream_set_no_delay(int fd);               // for TCP; other sockets stay as they are
void stream_make_close_reset(int fd);           // SO_LINGER with 0

}  // namespace fdreactor
