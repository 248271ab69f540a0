// The memory of an overlapped operation: everything that the kernel reads or fills until its packet has come. It hangs
// off the Operation (operation.h) and is freed with it, so that no buffer of JavaScript's has to stay where it is: an
// ArrayBuffer can be taken away at any time (transfer(), postMessage(), a memory that grows), and what the kernel then
// writes would land in memory with another owner. So bytes are copied: in when a send starts, out when the packet of a
// receive has come. Only memory that cannot be taken away (a SharedArrayBuffer) is used in place; the caller keeps it
// alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../windows_headers.h"
#include "overlapped.h"

namespace fdreactor {

constexpr size_t kAcceptAddressBytes = sizeof(sockaddr_storage) + 16;  // AcceptEx wants 16 bytes more than an address

class OperationMemory {
 public:
  OperationMemory() = default;
  ~OperationMemory();
  OperationMemory(const OperationMemory&) = delete;
  OperationMemory& operator=(const OperationMemory&) = delete;

  // Lays `pieces` out for the kernel. False where there is no memory for them.
  bool lay_out(const Piece* pieces, size_t count);
  void copy_in(const Piece* pieces);

  // Hands the first `bytes` bytes on to the buffers they were received for. False where one of these has become too
  // small for its part; the others have their parts.
  bool copy_out(uint32_t bytes, const Bytes* targets, size_t count) const;

  // The operation is over, and its bytes were handed on: large memory is given back, small is kept for the next use.
  void let_go();

  WSABUF* buffers() { return buffers_.data(); }
  DWORD buffer_count() const { return static_cast<DWORD>(buffers_.size()); }

  // Of kAccept: both addresses, as AcceptEx writes them. Of kReceiveFrom: the sender. Of kSendTo, kConnect: the peer.
  unsigned char accept_addresses[2 * kAcceptAddressBytes];
  Address address = {};
  INT address_length = 0;
  DWORD flags = 0;
  TRANSMIT_FILE_BUFFERS head_and_tail = {};
  NumberInUse accepted;
  NumberInUse started_on;

 private:
  bool reserve(size_t bytes);

  std::vector<WSABUF> buffers_;
  std::vector<bool> in_place_;
  unsigned char* memory_ = nullptr;
  size_t capacity_ = 0;
};

// The memory of an idle operation, cleared for a new use.
OperationMemory* fresh_memory(Operation* operation);

// Null where its last use had none.
OperationMemory* memory_of(const Operation* operation);

}  // namespace fdreactor
