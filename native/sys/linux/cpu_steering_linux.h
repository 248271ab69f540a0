// The program that chooses the socket of a group of SO_REUSEPORT: the one for the processor at work (socket(7)). The
// program is written here, and only the number of sockets comes from outside: a program of the user's would hold an
// address (socket_options.h).
#pragma once

#include <cstdint>

#include "../../core/result.h"

namespace fdreactor {

// The kernel counts the sockets of a group in 16 bits.
constexpr uint32_t kMaxSteeredSockets = 65535;

// SO_ATTACH_REUSEPORT_CBPF: `cpu % sockets` is the number of the socket that gets what arrives. `fd` is any of the
// group; a program that the group has is replaced.
Result steer_by_cpu(int fd, uint32_t sockets);

}  // namespace fdreactor
