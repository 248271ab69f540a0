# 64-bit ARM: macOS 11 is the first there is for it.
set(CMAKE_SYSTEM_PROCESSOR arm64)
set(FDREACTOR_ZIG_TARGET aarch64-macos.11.0)
include(${CMAKE_CURRENT_LIST_DIR}/zig-macos.cmake)
