#include "overlapped.h"

#include <cstring>

#include "overlapped_start.h"

namespace fdreactor {
namespace {

enum class Direction { kOut, kIn };

SOCKET socket_of(const Channel& channel) { return static_cast<SOCKET>(channel.handle); }

// AcceptEx and its like belong to the socket's own provider, and are asked of it: another one's would refuse the
// socket. Winsock answers from a table, without a system call.
template <typename Function>
int extension(SOCKET socket, GUID id, Function* function) {
  DWORD bytes = 0;
  return wsa_error(WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, function, sizeof *function,
                            &bytes, nullptr, nullptr));
}

// Null where there is no memory, or the sizes are too large.
OperationMemory* lay_out(Operation* operation, const Piece* pieces, size_t count, Direction direction,
                         Result* refusal) {
  *refusal = kBadArgument;
  if (operation->state != OperationState::kIdle || size_of(pieces, count) > kMaxOverlappedBytes) return nullptr;
  *refusal = failure(ERROR_NOT_ENOUGH_MEMORY);
  OperationMemory* memory = fresh_memory(operation);
  if (!memory->lay_out(pieces, count)) return nullptr;
  if (direction == Direction::kOut) memory->copy_in(pieces);
  return memory;
}

// The same, of a call without buffers.
OperationMemory* no_buffers(Operation* operation) {
  return operation->state == OperationState::kIdle ? fresh_memory(operation) : nullptr;
}

sockaddr* as_sockaddr(Address* address) { return reinterpret_cast<sockaddr*>(address->storage); }

}  // namespace

Result overlapped_accept(const Channel& listener, NumberInUse listener_number, NumberInUse accepted,
                         Operation* operation) {
  OperationMemory* memory = no_buffers(operation);
  if (memory == nullptr) return kBadArgument;
  LPFN_ACCEPTEX accept_ex = nullptr;
  const int missing = extension(socket_of(listener), WSAID_ACCEPTEX, &accept_ex);
  if (missing != 0) return failure(missing);
  memory->started_on = listener_number;
  memory->accepted = accepted;
  return start(listener, OperationKind::kAccept, operation, [&] {
    DWORD bytes = 0;
    return wsa_error_of_bool(accept_ex(socket_of(listener), static_cast<SOCKET>(accepted.number),
                                       memory->accept_addresses, 0, kAcceptAddressBytes, kAcceptAddressBytes, &bytes,
                                       overlapped_of(operation)));
  });
}

Result overlapped_connect(const Channel& channel, NumberInUse socket_number, const Address& to, Piece data,
                          Operation* operation) {
  Result refusal = 0;
  OperationMemory* memory = lay_out(operation, &data, 1, Direction::kOut, &refusal);
  if (memory == nullptr) return refusal;
  LPFN_CONNECTEX connect_ex = nullptr;
  const int missing = extension(socket_of(channel), WSAID_CONNECTEX, &connect_ex);
  if (missing != 0) return failure(missing);
  memory->started_on = socket_number;
  memory->address = to;
  const WSABUF& buffer = memory->buffers()[0];
  return start(channel, OperationKind::kConnect, operation, [&] {
    DWORD bytes = 0;
    return wsa_error_of_bool(connect_ex(socket_of(channel), as_sockaddr(&memory->address), static_cast<int>(to.length),
                                        buffer.len > 0 ? buffer.buf : nullptr, buffer.len, &bytes,
                                        overlapped_of(operation)));
  });
}

Result overlapped_disconnect(const Channel& channel, uint32_t flags, Operation* operation) {
  if (no_buffers(operation) == nullptr) return kBadArgument;
  LPFN_DISCONNECTEX disconnect_ex = nullptr;
  const int missing = extension(socket_of(channel), WSAID_DISCONNECTEX, &disconnect_ex);
  if (missing != 0) return failure(missing);
  return start(channel, OperationKind::kDisconnect, operation, [&] {
    return wsa_error_of_bool(disconnect_ex(socket_of(channel), overlapped_of(operation), flags, 0));
  });
}

Result overlapped_receive(const Channel& channel, const Piece* pieces, size_t count, uint32_t flags,
                          Operation* operation) {
  Result refusal = 0;
  OperationMemory* memory = lay_out(operation, pieces, count, Direction::kIn, &refusal);
  if (memory == nullptr) return refusal;
  memory->flags = flags;
  return start(channel, OperationKind::kReceive, operation, [&] {
    return wsa_error(WSARecv(socket_of(channel), memory->buffers(), memory->buffer_count(), nullptr, &memory->flags,
                             overlapped_of(operation), nullptr));
  });
}

Result overlapped_receive_from(const Channel& channel, const Piece* pieces, size_t count, uint32_t flags,
                               Operation* operation) {
  Result refusal = 0;
  OperationMemory* memory = lay_out(operation, pieces, count, Direction::kIn, &refusal);
  if (memory == nullptr) return refusal;
  memory->flags = flags;
  memory->address = {};
  memory->address_length = sizeof memory->address.storage;
  return start(channel, OperationKind::kReceiveFrom, operation, [&] {
    return wsa_error(WSARecvFrom(socket_of(channel), memory->buffers(), memory->buffer_count(), nullptr, &memory->flags,
                                 as_sockaddr(&memory->address), &memory->address_length, overlapped_of(operation),
                                 nullptr));
  });
}

Result overlapped_send(const Channel& channel, const Piece* pieces, size_t count, uint32_t flags,
                       Operation* operation) {
  Result refusal = 0;
  OperationMemory* memory = lay_out(operation, pieces, count, Direction::kOut, &refusal);
  if (memory == nullptr) return refusal;
  return start(channel, OperationKind::kSend, operation, [&] {
    return wsa_error(WSASend(socket_of(channel), memory->buffers(), memory->buffer_count(), nullptr, flags,
                             overlapped_of(operation), nullptr));
  });
}

Result overlapped_send_to(const Channel& channel, const Piece* pieces, size_t count, uint32_t flags, const Address& to,
                          Operation* operation) {
  Result refusal = 0;
  OperationMemory* memory = lay_out(operation, pieces, count, Direction::kOut, &refusal);
  if (memory == nullptr) return refusal;
  memory->address = to;
  return start(channel, OperationKind::kSendTo, operation, [&] {
    return wsa_error(WSASendTo(socket_of(channel), memory->buffers(), memory->buffer_count(), nullptr, flags,
                               as_sockaddr(&memory->address), static_cast<int>(to.length), overlapped_of(operation),
                               nullptr));
  });
}

bool overlapped_sender(const Operation* operation, Address* sender) {
  const OperationMemory* memory = memory_of(operation);
  const bool received = operation->kind == OperationKind::kReceiveFrom && operation->state == OperationState::kIdle;
  if (memory == nullptr || !received) return false;
  *sender = memory->address;
  const auto length = static_cast<uint32_t>(memory->address_length);
  sender->length = length <= sizeof sender->storage ? length : 0;
  if (memory->address.storage[0] == 0 && memory->address.storage[1] == 0) sender->length = 0;  // AF_UNSPEC: it failed
  return true;
}

Result overlapped_transmit_file(const Channel& channel, FileRange range, Piece head, Piece tail, uint32_t flags,
                                Operation* operation) {
  const Piece pieces[] = {head, tail};
  const auto all = static_cast<int64_t>(size_of(pieces, 2)) + int64_t{range.count};
  if (all > kMaxTransmitBytes) return kBadArgument;
  Result refusal = 0;
  OperationMemory* memory = lay_out(operation, pieces, 2, Direction::kOut, &refusal);
  if (memory == nullptr) return refusal;
  LPFN_TRANSMITFILE transmit_file = nullptr;
  const int missing = extension(socket_of(channel), WSAID_TRANSMITFILE, &transmit_file);
  if (missing != 0) return failure(missing);
  const WSABUF* buffers = memory->buffers();
  memory->head_and_tail = {buffers[0].buf, buffers[0].len, buffers[1].buf, buffers[1].len};
  auto* const overlapped = overlapped_of(operation);
  overlapped->Offset = static_cast<DWORD>(range.offset);
  overlapped->OffsetHigh = static_cast<DWORD>(range.offset >> 32);
  auto* const file = range.file == kNoFile ? nullptr : reinterpret_cast<HANDLE>(static_cast<uintptr_t>(range.file));
  const bool has_more = buffers[0].len + buffers[1].len > 0;
  return start(channel, OperationKind::kTransmitFile, operation, [&] {
    return wsa_error_of_bool(transmit_file(socket_of(channel), file, range.count, 0, overlapped,
                                           has_more ? &memory->head_and_tail : nullptr, flags));
  });
}

}  // namespace fdreactor
