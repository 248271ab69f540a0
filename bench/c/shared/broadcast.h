// What the broadcast servers and their load agree on. A message of MESSAGE_BYTES goes to all connections, the one that
// sent it included. One that begins with ASK goes back alone, as text: how many connections the server has, how many of
// them have a full queue, how many bytes the longest queue has, and how many bytes the server holds in memory.
#pragma once

enum {
  MESSAGE_BYTES = 100,
  ASK = '?',
  // Bytes that are queued for one connection; while there are so many, it gets no further message.
  QUEUE_MOST_BYTES = 65536,
  // The kernel's part of a queue, doubled by the kernel. With its own choice, that part has megabytes on loopback.
  SEND_BUFFER_BYTES = 16384,
};
