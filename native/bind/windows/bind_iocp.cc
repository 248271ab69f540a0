// Completion ports: see sys/windows/port/iocp.h.
#include "../bind.h"

#include <limits>

#include "../../sys/windows/handle_count.h"
#include "../../sys/windows/port/afd.h"
#include "../../sys/windows/port/iocp.h"
#include "../../sys/windows/port/operation.h"
#include "../arguments.h"
#include "../environment.h"
#include "operations.h"
#include "ports.h"

namespace fdreactor {
namespace {

template <size_t kCount>
Port* port_argument(napi_env env, Arguments<kCount>& args, size_t index) {
  const int number = args.int32(index);
  return args.ok() ? find_port(env, number) : nullptr;
}

template <size_t kCount>
uint64_t key_argument(Arguments<kCount>& args, size_t index) {
  const uint64_t low = args.uint32(index);
  const uint64_t high = args.uint32(index + 1);
  return high << 32 | low;
}

napi_value open(napi_env env, napi_callback_info) {
  Port* port = nullptr;
  const Result opened = port_open(&port);
  if (opened < 0) return to_js(env, opened);
  Ports& ports = *environment_of(env).ports;
  const int number = ports.next_number++;
  ports.by_number.emplace(number, port);
  return to_js(env, Result{number});
}

void forget_associations(Ports& ports, const Port* port) {
  for (auto entry = ports.by_handle.begin(); entry != ports.by_handle.end();) {
    entry = entry->second.port == port ? ports.by_handle.erase(entry) : std::next(entry);
  }
}

napi_value close(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int number = args.int32(0);
  Port* port = args.ok() ? find_port(env, number) : nullptr;
  if (port == nullptr) return args.refuse();
  Ports& ports = *environment_of(env).ports;
  ports.by_number.erase(number);
  forget_associations(ports, port);
  port_close(port);
  drop_settled_operations(env);
  return args.answer(0);
}

// (port, handle, keyLow, keyHigh, skipOnSuccess)
napi_value associate(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  Port* port = port_argument(env, args, 0);
  const int handle = args.fd(1);
  const uint64_t key = key_argument(args, 2);
  const bool skip = args.int32(4) != 0;
  if (!args.ok() || port == nullptr) return args.refuse();
  const Result result = port_associate(port, static_cast<uint64_t>(handle), key, skip);
  if (result >= 0) environment_of(env).ports->by_handle[handle] = {port, skip};
  return args.answer(result);
}

// (port, keyLow, keyHigh, bytes, operation or 0)
napi_value post(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  Port* port = port_argument(env, args, 0);
  const uint64_t key = key_argument(args, 1);
  const uint32_t bytes = args.uint32(3);
  const uint64_t id = args.unsigned_integer(4);
  if (!args.ok() || port == nullptr) return args.refuse();
  Operation* operation = id == 0 ? nullptr : find_operation(env, id);
  if (id != 0 && operation == nullptr) return args.refuse();
  return args.answer(port_post(port, key, bytes, operation));
}

// (port, batch: Int32Array over a whole EventBatch, timeoutMs, deadlineMs?: none by default)
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  Port* port = port_argument(env, args, 0);
  const Bytes batch = args.batch(1);
  const double timeout_ms = args.number(2);
  const double deadline_ms = args.number_or(3, std::numeric_limits<double>::infinity());
  if (!args.ok() || port == nullptr) return args.refuse();
  const Result count = port_wait(port, batch.data, batch.size, timeout_ms, deadline_ms);
  deliver_completions(env, batch, count);
  return args.answer(count);
}

napi_value pending(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  Port* port = port_argument(env, args, 0);
  return port == nullptr ? args.refuse() : args.answer(static_cast<Result>(port_pending(port)));
}

napi_value count_handles(napi_env env, napi_callback_info) { return to_js(env, process_handle_count()); }

void close_all(Environment& environment) {
  Ports& ports = *environment.ports;
  for (const auto& entry : ports.by_number) port_close(entry.second);
  ports.by_number.clear();
  ports.by_handle.clear();
}

// Before a socket is closed by its number, its association and its registrations on every port are forgotten.
void before_close(Environment& environment, int fd) {
  environment.ports->by_handle.erase(fd);
  for (const auto& entry : environment.ports->by_number) port_afd(entry.second).remove(fd);
}

Result other_error(Environment& environment, int fd) {
  for (const auto& entry : environment.ports->by_number) {
    const Result error = port_take_error(entry.second, fd);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

Port* find_port(napi_env env, int number) {
  const auto& ports = environment_of(env).ports->by_number;
  const auto found = ports.find(number);
  return found == ports.end() ? nullptr : found->second;
}

const Association* find_association(napi_env env, int handle) {
  const auto& handles = environment_of(env).ports->by_handle;
  const auto found = handles.find(handle);
  return found == handles.end() ? nullptr : &found->second;
}

void forget_handle(napi_env env, int handle) { environment_of(env).ports->by_handle.erase(handle); }

napi_status bind_iocp(napi_env env, napi_value exports) {
  Environment& environment = environment_of(env);
  environment.ports = std::make_shared<Ports>();
  environment.at_end.emplace_back(close_all);
  environment.before_close.emplace_back([&environment](int fd) { before_close(environment, fd); });
  environment.other_errors.emplace_back([&environment](int fd) { return other_error(environment, fd); });
  napi_status status = add_layout(env, exports, "port", port_event_layout());
  if (status == napi_ok) status = add_exports(env, exports, {{"processHandleCount", count_handles}});
  if (status != napi_ok) return status;
  return add_group(env, exports, "port",
                   {{"open", open},
                    {"close", close},
                    {"associate", associate},
                    {"post", post},
                    {"wait", wait},
                    {"pending", pending}});
}

}  // namespace fdreactor
