// Winsock's and Win32's overlapped calls, one function a call. Each starts an operation. Its packet comes out of the
// port that its handle is associated with:
//
//    kWouldBlock  it is under way, or done with a packet on the way: wait for it, and do not count its bytes before
//    r >= 0       it is done and there will be no packet: the handle was associated with skip_on_success. So many bytes
//    failure      it was not begun, and there will be no packet
//    kBadArgument the operation is pending already, or a size is too large
//
// Sizes are those of one packet's byte count: at most kMaxOverlappedBytes together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../../core/result.h"
#include "../../address.h"
#include "../../fd.h"
#include "operation.h"

namespace fdreactor {

constexpr size_t kMaxOverlappedBytes = 0x7fffffff;
constexpr int64_t kMaxTransmitBytes = 0x7ffffffe;  // TransmitFile's own limit, head and tail included

// One of a user's buffers.
struct Piece {
  Bytes bytes;
  bool stays;  // it cannot be taken away: used in place
};

// A socket's number, and how often that number had been closed when the operation began: afterwards it may be a
// stranger's.
struct NumberInUse {
  int number = -1;
  const uint32_t* closes = nullptr;
  uint32_t closes_before = 0;

  bool still_the_same() const { return closes != nullptr && *closes == closes_before; }
};

NumberInUse number_in_use(int number, const uint32_t* closes);

// What an operation is started on.
struct Channel {
  Port* port;
  int handle;
  bool skip_on_success;
};

// The accepting socket is one of socket_open(), neither bound nor connected. No data is received with the connection.
Result overlapped_accept(const Channel& listener, NumberInUse listener_number, NumberInUse accepted, Operation*);
// The socket must be bound. data, which may be empty, is sent when it is connected.
Result overlapped_connect(const Channel&, NumberInUse socket_number, const Address& to, Piece data, Operation*);
Result overlapped_disconnect(const Channel&, uint32_t flags, Operation*);

Result overlapped_receive(const Channel&, const Piece* pieces, size_t count, uint32_t flags, Operation*);
Result overlapped_receive_from(const Channel&, const Piece* pieces, size_t count, uint32_t flags, Operation*);
Result overlapped_send(const Channel&, const Piece* pieces, size_t count, uint32_t flags, Operation*);
Result overlapped_send_to(const Channel&, const Piece* pieces, size_t count, uint32_t flags, const Address& to,
                          Operation*);

// A receive or read has `bytes` bytes: they are handed on to the buffers that they came for. False where one of these
// has become too small for its part; the others have their parts.
bool overlapped_copy_out(const Operation* operation, uint32_t bytes, const Bytes* targets, size_t count);

// The operation is idle and its bytes were handed on: large memory is given back, small is kept for the next use.
void overlapped_let_go(Operation* operation);

// Of an operation that was last used by overlapped_receive_from(), and is idle. False for any other.
bool overlapped_sender(const Operation* operation, Address* sender);

// file: a HANDLE, or kNoFile to send head and tail only. count 0: to the end of the file.
constexpr int kNoFile = -1;
struct FileRange {
  int file;
  uint64_t offset;
  uint32_t count;
};
Result overlapped_transmit_file(const Channel&, FileRange range, Piece head, Piece tail, uint32_t flags, Operation*);

// offset: 0 for what cannot seek. 0 at the end of the file.
Result overlapped_read(const Channel&, Piece piece, uint64_t offset, Operation*);
Result overlapped_write(const Channel&, Piece piece, uint64_t offset, Operation*);

// CancelIoEx, for one operation or all that this process has under way on the handle. 1 where the kernel was asked to
// end something; 0 where it has nothing (any more): a packet may be on its way.
Result overlapped_cancel(Operation* operation);
Result overlapped_cancel_all(int handle);

// What an NTSTATUS says as an error number; 0 for none.
int error_of_status(uint32_t status);

// A file, pipe or device for overlapped use (CreateFile), not inherited by children. The path has no NUL inside.
Result file_open(const char16_t* path, uint32_t access, uint32_t share, uint32_t disposition, uint32_t flags);
Result file_close(int handle);
Result file_not_open();

}  // namespace fdreactor
