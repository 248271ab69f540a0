// What the add-on exports on macOS and the BSDs, and on Linux where it is built against libkqueue.
#include "../bind.h"

namespace fdreactor {
namespace {

constexpr Binder kBinders[] = {bind_platform,  bind_kqueue,      bind_fd,       bind_pipe,          bind_socket,
                               bind_address,   bind_message,     bind_sendfile, bind_waker,         bind_signals,
                               bind_host_loop, bind_host_thread, bind_streams,  bind_kqueue_streams};

}  // namespace

BinderList binders() { return {kBinders, sizeof kBinders / sizeof kBinders[0]}; }

}  // namespace fdreactor
