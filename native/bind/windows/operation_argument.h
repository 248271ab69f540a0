// What every overlapped call starts with: the port that its handle is associated with, an operation that is idle, and
// what becomes of the buffers once the call has answered.
#pragma once

#include "../../core/check.h"
#include "../../sys/windows/port/overlapped.h"
#include "../arguments.h"
#include "../environment.h"
#include "operations.h"
#include "ports.h"

namespace fdreactor {

class Start {
 public:
  // False where the handle is on no port of this environment, or the operation is unknown or pending.
  template <size_t kCount>
  bool read(napi_env env, Arguments<kCount>& args, size_t handle_index, size_t operation_index) {
    env_ = env;
    channel.handle = args.fd(handle_index);
    const uint64_t id = args.unsigned_integer(operation_index);
    if (!args.ok()) return false;
    const Association* association = find_association(env, channel.handle);
    if (association == nullptr) return false;
    channel.port = association->port;
    channel.skip_on_success = association->skip_on_success;
    return find(id);
  }

  // As read(), for a call that is told its port.
  bool find(napi_env env, uint64_t id) {
    env_ = env;
    return find(id);
  }

  // Before the call: keeps the buffers as long as the operation needs them.
  bool keep(napi_value buffers, bool fills_buffers) {
    bound->fills_buffers = fills_buffers;
    return napi_create_reference(env_, buffers, 1, &bound->buffers) == napi_ok;
  }

  // After it.
  Result answered(Result result) {
    if (result == kWouldBlock) return result;
    Operations& operations = *environment_of(env_).operations;
    PortEvent event = {kCompletionSlot, 0, 0, 0, 0, 0};
    if (result > 0) event.bytes = static_cast<uint32_t>(result);
    operations.deliver(bound->operation->id, &event);
    CHECK(!status_is_failure(event.status));  // no JavaScript has run since the buffers were read
    return result;
  }

  Channel channel = {nullptr, -1, false};
  BoundOperation* bound = nullptr;

 private:
  bool find(uint64_t id) {
    bound = environment_of(env_).operations->find(id);
    return bound != nullptr && bound->operation->state == OperationState::kIdle;
  }

  napi_env env_ = nullptr;
};

}  // namespace fdreactor
