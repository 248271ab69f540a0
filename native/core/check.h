// CHECK: an invariant. If it does not hold, memory can no longer be trusted, and the process ends with the place and
// the expression. CHECK is never compiled out. It is not for bad input: that is answered with kBadArgument or an errno.
#pragma once

#include <cstdio>
#include <cstdlib>

#define CHECK(condition)                                                                       \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      std::fprintf(stderr, "fdreactor: CHECK(%s) at %s:%d\n", #condition, __FILE__, __LINE__); \
      std::abort();                                                                            \
    }                                                                                          \
  } while (false)
