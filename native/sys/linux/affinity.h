// sched_setaffinity(2): which CPUs a thread runs on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../core/result.h"

namespace fdreactor {

// A bit a CPU, the lowest first. The kernel takes any length, and fills with 0 what is left of a longer mask.
struct CpuMask {
  uint8_t* data;
  size_t size;
};

// `thread` is what gettid(2) returns; 0: the calling thread.
Result set_affinity(int thread, CpuMask mask);

// How many bytes were filled. EINVAL: the mask is shorter than that of the kernel.
Result get_affinity(int thread, CpuMask mask);

}  // namespace fdreactor
