# The tool chain for every system but the one at hand: zig's clang, with its own headers, libc++ and linker. Of the
# environment: FDREACTOR_ZIG is the program, FDREACTOR_SYSTEM and FDREACTOR_PROCESSOR what CMake calls the target, and
# FDREACTOR_ZIG_TARGET what zig does (scripts/prebuild/targets.mjs has the list).
set(CMAKE_SYSTEM_NAME $ENV{FDREACTOR_SYSTEM})
set(CMAKE_SYSTEM_PROCESSOR $ENV{FDREACTOR_PROCESSOR})
# The target is a part of the command, since cmake-js has flags of its own.
set(CMAKE_CXX_COMPILER $ENV{FDREACTOR_ZIG} c++ -target $ENV{FDREACTOR_ZIG_TARGET})

# zig needs no SDK of macOS, and the target above says the version and the processor. CMake insists on having a tool for
# installing, which nobody does here.
set(CMAKE_OSX_SYSROOT "" CACHE STRING "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "")
set(CMAKE_OSX_ARCHITECTURES "" CACHE STRING "")
set(CMAKE_INSTALL_NAME_TOOL false)

# Libraries and headers are zig's, never those of the machine that builds; programs are the machine's.
set(CMAKE_FIND_ROOT_PATH /nowhere)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
# What CMake would find out by compiling and linking a program: for that zig would compile a libc++, an unwinder and a C library
# that the add-on does not use, which takes longer than all the rest.
set(CMAKE_CXX_COMPILER_ID_RUN TRUE)
set(CMAKE_CXX_COMPILER_ID Clang)
set(CMAKE_CXX_COMPILER_VERSION 19.1)
set(CMAKE_CXX_COMPILER_FRONTEND_VARIANT GNU)
set(CMAKE_CXX_STANDARD_COMPUTED_DEFAULT 17)
set(CMAKE_CXX_COMPILER_FORCED TRUE)
