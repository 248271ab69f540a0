// Streams: see sys/streams/streams.h. What is the same over every facility; open() is in the folder of each.
#include <limits>

#include "../../sys/streams/stream_turn.h"
#include "../address_argument.h"
#include "../arguments.h"
#include "../bind.h"
#include "../environment.h"
#include "stream_sets.h"

namespace fdreactor {
namespace {

StreamSet* find(napi_env env, int number) {
  auto& sets = environment_of(env).streams->by_number;
  const auto found = sets.find(number);
  return found == sets.end() ? nullptr : &found->second;
}

// (number): closes all its streams
napi_value close(napi_env env, napi_callback_info info) {
  Arguments<1> args(env, info);
  const int number = args.int32(0);
  if (!args.ok() || find(env, number) == nullptr) return args.refuse();
  environment_of(env).streams->by_number.erase(number);
  return args.answer(0);
}

// (number, fd, role, noDelay, target: Int32Array(2) for slot and generation)
napi_value add(napi_env env, napi_callback_info info) {
  Arguments<5> args(env, info);
  const int number = args.int32(0);
  const int fd = args.fd(1);
  const auto role = static_cast<StreamRole>(args.integer(2, 0, 2));
  const bool no_delay = args.integer(3, 0, 1) != 0;
  const Words target = args.words(4);
  StreamSet* set = args.ok() && target.count == 2 ? find(env, number) : nullptr;
  if (set == nullptr) return args.refuse();
  uint32_t generation = 0;
  const Result slot = set->streams->add(fd, role, no_delay, &generation);
  if (slot < 0) return args.answer(slot);
  target.data[0] = static_cast<int32_t>(slot);
  target.data[1] = static_cast<int32_t>(generation);
  return args.answer(0);
}

// (number, slot, generation, target address): whom accept(2) told; an address of length 0 for none
napi_value peer(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int number = args.int32(0);
  const uint32_t slot = args.uint32(1);
  const uint32_t generation = args.uint32(2);
  Address* target = target_address(args.bytes(3));
  StreamSet* set = args.ok() && target != nullptr ? find(env, number) : nullptr;
  if (set == nullptr) return args.refuse();
  const Stream* stream = set->streams->find(slot, generation);
  *target = stream == nullptr ? Address{} : peer_address(stream->peer);
  return args.answer(0);
}

// (number, slot, generation) => 1 if the fd of the stream is still its file
napi_value has_its_fd(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int number = args.int32(0);
  const uint32_t slot = args.uint32(1);
  const uint32_t generation = args.uint32(2);
  StreamSet* set = args.ok() ? find(env, number) : nullptr;
  if (set == nullptr) return args.refuse();
  return args.answer(set->streams->has_its_fd(slot, generation) ? 1 : 0);
}

// (number, fd) => 1 if a registration of the fd would take it from its stream
napi_value would_lose(napi_env env, napi_callback_info info) {
  Arguments<2> args(env, info);
  const int number = args.int32(0);
  const int fd = args.fd(1);
  StreamSet* set = args.ok() ? find(env, number) : nullptr;
  return set == nullptr ? args.refuse() : args.answer(set->poller->would_lose(fd) ? 1 : 0);
}

// (number, commands: Int32Array, sendArea): carries out the commands, without a wait
napi_value flush(napi_env env, napi_callback_info info) {
  Arguments<3> args(env, info);
  const int number = args.int32(0);
  const Words commands = args.words(1);
  const Bytes send_area = args.bytes(2);
  StreamSet* set = args.ok() ? find(env, number) : nullptr;
  StreamArea area;
  if (set == nullptr || !area.init_commands(commands.bytes(), set->command_capacity, send_area)) return args.refuse();
  set->streams->flush(&area);
  return args.answer(0);
}

// (number, slot, generation, target): ends a piping. Stores bytes that it had under way; 0: none are left
napi_value unpipe(napi_env env, napi_callback_info info) {
  Arguments<4> args(env, info);
  const int number = args.int32(0);
  const uint32_t slot = args.uint32(1);
  const uint32_t generation = args.uint32(2);
  const Bytes target = args.bytes(3);
  StreamSet* set = args.ok() ? find(env, number) : nullptr;
  if (set == nullptr) return args.refuse();
  return args.answer(static_cast<Result>(set->streams->unpipe(slot, generation, target)));
}

// (number, batch, commands: Int32Array, sendArea, reports: Int32Array, slab, timeoutMs, deadlineMs?: none by default)
napi_value wait(napi_env env, napi_callback_info info) {
  Arguments<8> args(env, info);
  const int number = args.int32(0);
  const Bytes batch = args.batch(1);
  const Words commands = args.words(2);
  const Bytes send_area = args.bytes(3);
  const Words reports = args.words(4);
  const Bytes slab = args.bytes(5);
  const double timeout_ms = args.number(6);
  const double deadline_ms = args.number_or(7, std::numeric_limits<double>::infinity());
  StreamSet* set = args.ok() ? find(env, number) : nullptr;
  StreamArea area;
  if (set == nullptr || !area.init_commands(commands.bytes(), set->command_capacity, send_area)) return args.refuse();
  if (!area.init_reports(reports.bytes(), set->report_capacity, slab)) return args.refuse();
  return args.answer(run_stream_turn(set->streams.get(), set->poller.get(), batch, timeout_ms, deadline_ms, &area));
}

}  // namespace

napi_value open_streams(napi_env env, napi_callback_info info, MakeStreamPoller make) {
  Arguments<6> args(env, info);
  const int queue = args.fd(0);
  const auto command_capacity = static_cast<size_t>(args.integer(1, 1, 1 << 24));
  const auto report_capacity = static_cast<size_t>(args.integer(2, 1, 1 << 24));
  const auto most_received = static_cast<size_t>(args.integer(3, 1, INT32_MAX));
  const auto least_room = static_cast<size_t>(args.integer(4, 1, INT32_MAX));
  const int most_accepted = static_cast<int>(args.integer(5, 1, INT32_MAX));
  if (!args.ok()) return args.refuse();
  StreamSet set;
  set.poller = make(env, queue);
  set.streams = std::make_unique<Streams>(set.poller.get(), StreamLimits{most_received, least_room, most_accepted});
  set.command_capacity = command_capacity;
  set.report_capacity = report_capacity;
  StreamSets& sets = *environment_of(env).streams;
  const int number = sets.next_number++;
  sets.by_number.emplace(number, std::move(set));
  return args.answer(number);
}

napi_status bind_streams(napi_env env, napi_value exports) {
  Environment& environment = environment_of(env);
  environment.streams = std::make_shared<StreamSets>();
  environment.at_end.emplace_back([](Environment& ending) { ending.streams.reset(); });
  const napi_status status = add_layout(env, exports, "streams", kStreamLayout);
  if (status != napi_ok) return status;
  return add_group(env, exports, "streams",
                   {{"close", close},
                    {"add", add},
                    {"peer", peer},
                    {"hasItsFd", has_its_fd},
                    {"wouldLose", would_lose},
                    {"flush", flush},
                    {"unpipe", unpipe},
                    {"wait", wait}});
}

}  // namespace fdreactor
