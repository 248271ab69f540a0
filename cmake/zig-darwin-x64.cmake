# 64-bit Intel: macOS 10.15 is the oldest that Node.js 20 runs on.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(FDREACTOR_ZIG_TARGET x86_64-macos.10.15)
include(${CMAKE_CURRENT_LIST_DIR}/zig-macos.cmake)
