// Which socket options JavaScript may read and set. The kernel trusts what is in an option's value: an address there is
// read from or written to, and a count there makes it write more than the length that the call was given. So a value
// that could hold either never comes from JavaScript:
//
//   setsockopt  Refuses options that take a structure with an address in it. Accepts a value longer than an int only
//               for options that are known to take no address; any other takes an int, which has no room for one.
//   getsockopt  Lets the kernel fill memory of the add-on that is zero before, so that the bytes of JavaScript's buffer
//               are never input. Refuses options that cannot work so, or that write more than the memory they are
//               given.
//
// The tables are a platform's own (socket_options_PLATFORM.cc).
#pragma once

#include <cstddef>

#include "fd.h"

namespace fdreactor {

// The options from `first` to `last` of one level, both included.
struct OptionRange {
  int level;
  int first;
  int last;
};

struct OptionList {
  const OptionRange* first;
  size_t count;
};

struct OptionTables {
  OptionList plain;        // set: the value holds no address, whatever its length
  OptionList refused_set;  // set: the value holds an address; also where `plain` names a range around it
  OptionList refused_get;  // read: the value holds an address, or the kernel writes more than it was given room for
  OptionList takes_input;  // read: the buffer says what is asked for, and the kernel writes no more than it has room
};

extern const OptionTables kOptionTables;

bool option_may_be_set(int level, int name, size_t bytes);
bool option_may_be_read(int level, int name);

// Whether getsockopt() reads from its buffer which answer is asked for.
bool option_takes_input(int level, int name);

enum class OptionInput { kNone, kBuffer };

// The memory that a call is given in place of the user's buffer, which another thread may write to at any time if it is
// a SharedArrayBuffer. Zeros follow it, for some protocols ignore the length (Bluetooth does): beyond the buffer they
// read zeros, and write over memory that holds nothing else.
class OptionValue {
 public:
  // A copy of the buffer, or as many zeros.
  OptionValue(Bytes buffer, OptionInput input);
  ~OptionValue();
  OptionValue(const OptionValue&) = delete;
  OptionValue& operator=(const OptionValue&) = delete;

  char* data() { return data_; }  // null: there is no memory
  size_t size() const { return buffer_.size; }

  // Into the buffer, what the kernel wrote: `length` as it said, which may be more than there was room for.
  void copy_out(size_t length) const;

 private:
  static constexpr size_t kUsualBytes = 256;
  static constexpr size_t kBytesBeyond = 256;

  Bytes buffer_;
  char* data_;
  char usual_[kUsualBytes + kBytesBeyond];
};

}  // namespace fdreactor
