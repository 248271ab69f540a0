// The one way in which native code answers, and the one number that crosses to JavaScript for it.
//
//    r >= 0            done: a count, an fd, or 0
//    r == kWouldBlock  the kernel said EAGAIN; nothing was done (JavaScript's WOULD_BLOCK)
//    r == kBadArgument an argument was not usable; no system call was made (lib/base/arguments.ts finds which one)
//    any other r < 0   failed: the system's error number is error_of(r)
//
// An errno is shifted by one so that EPERM (1) and "would block" (-1) stay apart. No exception, no allocation.
// `npm run gen` writes the two constants to lib/base/results.gen.ts.
#pragma once

#include <cstdint>

namespace fdreactor {

using Result = int64_t;

// What a call returns where the kernel said EAGAIN: nothing was done, wait for readiness and try again. It is -1, and
// no call that moves data or accepts returns any other negative number.
constexpr Result kWouldBlock = -1;
// A native call's answer that an argument was not usable. JavaScript then finds which one, and throws.
constexpr Result kBadArgument = -1000000;  // beyond every errno and every Windows error number

constexpr Result failure(int error) { return kWouldBlock - error; }
constexpr bool is_failure(Result result) { return result < kWouldBlock; }
constexpr int error_of(Result result) { return static_cast<int>(kWouldBlock - result); }

}  // namespace fdreactor
