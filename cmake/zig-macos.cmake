# The tool chain for macOS on any machine: zig's clang, with its own macOS headers, libc++ and linker. What differs from one
# processor to the other is in zig-darwin-*.cmake, which include this. FDREACTOR_ZIG (environment) is the program.
set(CMAKE_SYSTEM_NAME Darwin)
# The target is a part of the command, since cmake-js has flags of its own.
set(CMAKE_CXX_COMPILER $ENV{FDREACTOR_ZIG} c++ -target ${FDREACTOR_ZIG_TARGET})

# zig needs no SDK, and the target above says the version and the processor.
set(CMAKE_OSX_SYSROOT "" CACHE STRING "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "")
set(CMAKE_OSX_ARCHITECTURES "" CACHE STRING "")
# CMake insists on having it, but it is for installing, which nobody does here.
set(CMAKE_INSTALL_NAME_TOOL false)

# Libraries and headers are zig's, never those of the machine that builds; programs are the machine's.
set(CMAKE_FIND_ROOT_PATH /nowhere)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
