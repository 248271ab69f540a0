// The numbers of this platform's headers, by their own names. JavaScript gets them as one object a group; what a
// platform does not have is not in the list. To add one, write a line in
// constants_*.cc and run `npm run gen` (see CONTRIBUTING.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace fdreactor {

// Each is an object of JavaScript's, empty where the platform has none of it.
constexpr const char* kConstantGroups[] = {"epoll", "kqueue", "linux", "socket", "transfer", "error"};

struct Constant {
  const char* group;
  const char* name;
  int64_t value;
};

struct ConstantList {
  const Constant* first;
  size_t count;
};

ConstantList platform_constants();
ConstantList linux_constants();         // where bind_linux.cc is compiled, which adds them
ConstantList linux_device_constants();  // the same of bind_ioctl.cc
ConstantList kqueue_constants();        // where bind_kqueue.cc is compiled, which adds them

}  // namespace fdreactor
