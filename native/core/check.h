// CHECK: an invariant whose breach means that memory can no longer be trusted. Never compiled out; it ends the process
// with the place and the expression. It is not for bad input: that is answered with kBadArgument or an errno.
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
