// What the add-on exports on Windows.
#include "../bind.h"

namespace fdreactor {
namespace {

constexpr Binder kBinders[] = {bind_platform, bind_iocp,      bind_overlapped,  bind_afd,      bind_fd,
                               bind_socket,   bind_address,   bind_message,     bind_sendfile, bind_waker,
                               bind_signals,  bind_host_loop, bind_host_thread, bind_streams,  bind_port_streams};

}  // namespace

BinderList binders() { return {kBinders, sizeof kBinders / sizeof kBinders[0]}; }

}  // namespace fdreactor
