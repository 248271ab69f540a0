// What the add-on exports on Linux.
#include "../bind.h"

namespace fdreactor {
namespace {

constexpr Binder kBinders[] = {bind_platform,     bind_epoll,         bind_fd,           bind_pipe,    bind_socket,
                               bind_address,      bind_message,       bind_sendfile,     bind_splice,  bind_waker,
                               bind_signals,      bind_host_loop,     bind_host_thread,  bind_host_uv, bind_linux,
                               bind_affinity,     bind_address_linux, bind_ioctl,        bind_timerfd, bind_inotify,
                               bind_process,      bind_memfd,         bind_cached_open,  bind_pty,     bind_fcntl,
                               bind_cpu_steering, bind_streams,       bind_epoll_streams};

}  // namespace

BinderList binders() { return {kBinders, sizeof kBinders / sizeof kBinders[0]}; }

}  // namespace fdreactor
