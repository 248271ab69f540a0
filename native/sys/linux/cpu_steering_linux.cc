#include "cpu_steering_linux.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include "../posix/errno_result.h"

namespace fdreactor {

Result steer_by_cpu(int fd, uint32_t sockets) {
  if (sockets == 0 || sockets > kMaxSteeredSockets) return kBadArgument;
  constexpr auto kCpu = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_CPU);
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kCpu),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sockets),
      BPF_STMT(BPF_RET | BPF_A, 0),
  };
  const sock_fprog value = {sizeof program / sizeof program[0], program};
  return from_plain_call(::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &value, sizeof value));
}

}  // namespace fdreactor
