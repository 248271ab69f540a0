// ioctl(2) by name: the requests whose argument holds no address, and the layout of each argument. JavaScript picks a
// request by its place in the table, never by its number, and brings exactly as many bytes as the table says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../../core/result.h"
#include "../../fd.h"

namespace fdreactor {

enum class FieldKind : uint8_t {
  kUnsigned,
  kSigned,
  kText,     // a name that ends with NUL
  kBytes,    // bytes without a meaning of their own
  kAddress,  // a sockaddr of IPv4
  kStruct,
};

enum class FieldRole : uint8_t {
  kKey,       // always taken: what the request asks about
  kValue,     // taken by a request that sets, answered by one that gets
  kOptional,  // as kValue, but it may be left out, and is 0 then
  kAnswer,    // only answered
};

struct IoctlLayout;

struct IoctlField {
  const char* name;  // "": the argument itself is the number
  FieldKind kind;
  FieldRole role;
  uint16_t offset;
  uint16_t size;   // of an element
  uint16_t count;  // elements; 1: not an array
  // Where the number of elements in use stands, 32 bits; -1: all are in use.
  int16_t count_offset = -1;
  // The field is there if the struct's first 32 bits have this value; 0: always.
  uint32_t when = 0;
  const IoctlLayout* layout = nullptr;  // of a kStruct
};

struct IoctlLayout {
  size_t size;
  const IoctlField* fields;
  size_t field_count;
};

enum class IoctlArgument : uint8_t { kNothing, kNumber, kMemory };

// What kind of file the request is for. Many of these numbers carry no size, and a driver of another kind could take
// one for a request of its own; ENOTTY then, as the kernel says it.
enum class FileKind : uint8_t {
  kAny,        // the number carries a size and a letter that only this facility has
  kStream,     // anything but a device that is not a terminal
  kTerminal,   // a terminal, or either end of a pseudo-terminal
  kSocket,     // a socket
  kInternet,   // a socket of AF_INET: other families have other structs under these numbers
  kCharacter,  // a character device
  kBlock,      // a block device
};

enum class NewFd : uint8_t { kNone, kReturned, kInMemory };

struct IoctlRequest {
  const char* name;
  unsigned long number;
  const IoctlLayout* layout;  // of kMemory
  double min;                 // of kNumber
  double max;
  FileKind file;
  IoctlArgument argument;
  bool sets;
  bool gets;
  NewFd new_fd;
};

struct IoctlTable {
  const IoctlRequest* first;
  size_t count;
};

// The requests that this machine's kind has: a place in it means the same as long as the process lives.
IoctlTable ioctl_table();

// Makes the request. `number` is the argument of kNumber; `memory` that of kMemory, exactly as long as the layout says,
// and holds the kernel's answer afterwards. Returns what ioctl(2) returned, or the new fd, which is close-on-exec and
// non-blocking. Never kWouldBlock: EAGAIN is a failure like any other.
Result ioctl_call(int fd, const IoctlRequest& request, int64_t number, Bytes memory);

// The longest argument, and the room around it that a driver might write to.
constexpr size_t kIoctlRoom = 2048;

}  // namespace fdreactor
