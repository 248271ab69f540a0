// Windows' own headers in the one order that works (winsock2.h before windows.h), without its macros min and max. Only
// for files in sys/ that are compiled for Windows alone.
#pragma once

#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif

// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <winternl.h>
// clang-format on
