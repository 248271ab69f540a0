// Overlapped calls on sockets: see sys/windows/port/overlapped.h. Those on files are in bind_overlapped_file.cc.
#include "../../sys/windows/port/afd_operation.h"
#include "../address_argument.h"
#include "../bind.h"
#include "bind_overlapped_file.h"
#include "buffers_argument.h"
#include "operation_argument.h"

namespace fdreactor {
namespace {

// What an Overlapped of JavaScript's holds. The environment may be gone before it.
struct Held {
  std::shared_ptr<Operations> operations;
  uint64_t id;
};

void let_go(napi_env, void* data, void*) {
  auto* held = static_cast<Held*>(data);
  held->operations->forget(held->id);
  delete held;
}

// () => [what keeps it, id]
napi_value open(napi_env env, napi_callback_info) {
  std::shared_ptr<Operations> operations = environment_of(env).operations;
  const uint64_t id = operations->add();
  auto* held = new Held{operations, id};
  napi_value external = nullptr;
  if (napi_create_external(env, held, let_go, nullptr, &external) != napi_ok) {
    let_go(env, held, nullptr);
    return to_js(env, kBadArgument);
  }
  napi_value pair = nullptr;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, external);
  napi_set_element(env, pair, 1, to_js(env, static_cast<Result>(id)));
  return pair;
}

// (operation) => 1 or 0
napi_value is_pending(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const uint64_t id = args.unsigned_integer(0);
  const Operation* operation = args.ok() ? find_operation(env, id) : nullptr;
  if (operation == nullptr) return args.refuse();
  return args.answer(operation->state == OperationState::kPending ? 1 : 0);
}

// (operation, target address)
napi_value sender(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const uint64_t id = args.unsigned_integer(0);
  Address* target = target_address(args.bytes(1));
  const Operation* operation = args.ok() ? find_operation(env, id) : nullptr;
  if (target == nullptr || operation == nullptr || !overlapped_sender(operation, target)) return args.refuse();
  return args.answer(0);
}

// (handle) => 1 or 0
napi_value is_associated(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int handle = args.fd(0);
  return args.ok() ? args.answer(find_association(env, handle) == nullptr ? 0 : 1) : args.refuse();
}

// (NTSTATUS) => its error number, 0 for none
napi_value status_error(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const uint32_t status = args.uint32(0);
  return args.ok() ? args.answer(error_of_status(status)) : args.refuse();
}

NumberInUse in_use(napi_env env, int number) {
  return number_in_use(number, environment_of(env).operations->closes_of(number));
}

// (listener, accepted, operation)
napi_value accept(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  Start start;
  const int accepted = args.fd(1);
  if (!start.read(env, args, 0, 2)) return args.refuse();
  return args.answer(start.answered(overlapped_accept(start.channel, in_use(env, start.channel.handle),
                                                      in_use(env, accepted), start.bound->operation)));
}

// (socket, address, operation, data)
napi_value connect(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  Start start;
  const Address* to = given_address(args.bytes(1));
  const Piece data = {args.bytes(3), false};
  if (!start.read(env, args, 0, 2) || to == nullptr) return args.refuse();
  return args.answer(start.answered(
      overlapped_connect(start.channel, in_use(env, start.channel.handle), *to, data, start.bound->operation)));
}

// (socket, flags, operation)
napi_value disconnect(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  Start start;
  const uint32_t flags = args.bits(1);
  if (!start.read(env, args, 0, 2)) return args.refuse();
  return args.answer(start.answered(overlapped_disconnect(start.channel, flags, start.bound->operation)));
}

using BuffersCall = Result (*)(const Channel&, const Piece*, size_t, uint32_t, Operation*);

// (socket, buffers, flags, operation)
template <BuffersCall kCall, bool kReceives>
napi_value with_buffers(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  Start start;
  Pieces pieces;
  const uint32_t flags = args.bits(2);
  if (!pieces.read(env, args, 1) || !start.read(env, args, 0, 3)) return args.refuse();
  if ((kReceives || pieces.any_stays) && !start.keep(args.value(1), kReceives)) return args.refuse();
  return args.answer(start.answered(kCall(start.channel, pieces.list, pieces.count, flags, start.bound->operation)));
}

// (socket, buffers, flags, address, operation)
napi_value send_to(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  Start start;
  Pieces pieces;
  const uint32_t flags = args.bits(2);
  const Address* to = given_address(args.bytes(3));
  if (!pieces.read(env, args, 1) || !start.read(env, args, 0, 4) || to == nullptr) return args.refuse();
  if (pieces.any_stays && !start.keep(args.value(1), false)) return args.refuse();
  return args.answer(
      start.answered(overlapped_send_to(start.channel, pieces.list, pieces.count, flags, *to, start.bound->operation)));
}

// (handle, operation or 0: all). 1 where the kernel was asked to end something, 0 where there was nothing.
napi_value cancel(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int handle = args.fd(0);
  const uint64_t id = args.unsigned_integer(1);
  if (!args.ok()) return args.refuse();
  Operation* operation = id == 0 ? nullptr : find_operation(env, id);
  if (id != 0 && operation == nullptr) return args.refuse();
  return args.answer(operation == nullptr ? overlapped_cancel_all(handle) : overlapped_cancel(operation));
}

// (socket, events, operation, port or 0: the one that the socket is associated with)
napi_value poll(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  Start start;
  const int fd = args.fd(0);
  const uint32_t events = args.bits(1);
  const uint64_t id = args.unsigned_integer(2);
  const int number = args.int32(3);
  if (!args.ok()) return args.refuse();
  Port* port = number == 0 ? nullptr : find_port(env, number);
  const bool ready = number == 0 ? start.read(env, args, 0, 2) : start.find(env, id);
  if (!ready || (number != 0 && port == nullptr)) return args.refuse();
  if (port == nullptr) port = start.channel.port;
  return args.answer(start.answered(afd_poll_operation(port, fd, events, start.bound->operation)));
}

}  // namespace

napi_status bind_overlapped(napi_env env, napi_value exports) {
  Environment& environment = environment_of(env);
  environment.operations = std::make_shared<Operations>(env);
  environment.at_end.emplace_back([](Environment& ending) { ending.operations->end(); });
  environment.before_close.emplace_back([&environment](int fd) { environment.operations->closed(fd); });
  const napi_status status = bind_overlapped_file(env, exports);
  if (status != napi_ok) return status;
  return add_group(env, exports, "overlapped",
                   {{"open", open},
                    {"isPending", is_pending},
                    {"sender", sender},
                    {"isAssociated", is_associated},
                    {"errorOfStatus", status_error},
                    {"acceptEx", accept},
                    {"connectEx", connect},
                    {"disconnectEx", disconnect},
                    {"wsaRecv", with_buffers<overlapped_receive, true>},
                    {"wsaRecvFrom", with_buffers<overlapped_receive_from, true>},
                    {"wsaSend", with_buffers<overlapped_send, false>},
                    {"wsaSendTo", send_to},
                    {"cancelIoEx", cancel},
                    {"afdPoll", poll}});
}

}  // namespace fdreactor
