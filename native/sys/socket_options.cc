#include "socket_options.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace fdreactor {
namespace {

bool holds(const OptionList& list, int level, int name) {
  return std::any_of(list.first, list.first + list.count, [=](const OptionRange& range) {
    return range.level == level && range.first <= name && name <= range.last;
  });
}

}  // namespace

bool option_may_be_set(int level, int name, size_t bytes) {
  if (holds(kOptionTables.refused_set, level, name)) return false;
  return bytes <= sizeof(int) || holds(kOptionTables.plain, level, name);
}

bool option_may_be_read(int level, int name) { return !holds(kOptionTables.refused_get, level, name); }

bool option_takes_input(int level, int name) { return holds(kOptionTables.takes_input, level, name); }

// The kernel takes the length as an int.
OptionValue::OptionValue(Bytes buffer, OptionInput input)
    : buffer_{buffer.data, std::min<size_t>(buffer.size, INT_MAX)}, data_(usual_) {
  if (buffer_.size <= kUsualBytes) {
    std::memset(usual_, 0, sizeof usual_);
  } else {
    data_ = static_cast<char*>(std::calloc(buffer_.size + kBytesBeyond, 1));
  }
  const bool is_copied = input == OptionInput::kBuffer && data_ != nullptr && buffer_.size > 0;
  if (is_copied) std::memcpy(data_, buffer_.data, buffer_.size);
}

OptionValue::~OptionValue() {
  if (data_ != usual_) std::free(data_);
}

void OptionValue::copy_out(size_t length) const {
  const size_t bytes = std::min(length, buffer_.size);
  if (bytes > 0) std::memcpy(buffer_.data, data_, bytes);
}

}  // namespace fdreactor
