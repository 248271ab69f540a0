#include "operations.h"

#include "../../core/check.h"
#include "../environment.h"
#include "buffers_argument.h"

namespace fdreactor {
namespace {

constexpr uint32_t kStatusAccessViolation = 0xC0000005;  // EFAULT

// False if a buffer can no longer take the bytes that were received for it.
bool fill_buffers(napi_env env, const BoundOperation& bound, uint32_t bytes) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value value = nullptr;
  Bytes buffers[kMaxBuffers];
  uint32_t count = 0;
  const bool found = napi_get_reference_value(env, bound.buffers, &value) == napi_ok && value != nullptr;
  if (found) read_again(env, value, buffers, &count);
  const bool filled = found && overlapped_copy_out(bound.operation, bytes, buffers, count);
  napi_close_handle_scope(env, scope);
  return filled;
}

bool is_idle(const BoundOperation& bound) { return bound.operation->state == OperationState::kIdle; }

}  // namespace

uint64_t Operations::add() {
  const uint64_t id = ++last_id_;
  by_id_.emplace(id, BoundOperation{operation_new(id)});
  return id;
}

BoundOperation* Operations::find(uint64_t id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

void Operations::erase(uint64_t id) {
  const auto found = by_id_.find(id);
  operation_release(found->second.operation);
  by_id_.erase(found);
}

void Operations::forget(uint64_t id) {
  BoundOperation* bound = find(id);
  if (bound == nullptr) return;
  bound->forgotten = true;
  if (is_idle(*bound)) erase(id);
}

void Operations::settle(BoundOperation* bound) {
  CHECK(is_idle(*bound));
  if (bound->buffers != nullptr) napi_delete_reference(env_, bound->buffers);
  bound->buffers = nullptr;
  overlapped_let_go(bound->operation);
}

void Operations::deliver(uint64_t id, PortEvent* event) {
  BoundOperation* bound = find(id);
  if (bound == nullptr) return;
  const bool came = bound->fills_buffers && bound->buffers != nullptr && event->bytes > 0;
  if (came && !status_is_error(event->status) && !fill_buffers(env_, *bound, event->bytes)) {
    event->status = kStatusAccessViolation;
  }
  settle(bound);
  if (bound->forgotten) erase(id);
}

void Operations::settle_idle() {
  for (auto entry = by_id_.begin(); entry != by_id_.end();) {
    const uint64_t id = entry->first;
    BoundOperation& bound = (entry++)->second;
    if (!is_idle(bound)) continue;
    settle(&bound);
    if (bound.forgotten) erase(id);
  }
}

void Operations::closed(int number) {
  const auto found = closes_.find(number);
  if (found != closes_.end()) ++found->second;
}

// An operation that its port could not get back keeps its memory (the port holds it), and its reference: the kernel may
// still write into shared memory.
void Operations::end() {
  settle_idle();
  for (const auto& entry : by_id_) operation_release(entry.second.operation);
  by_id_.clear();
  for (const int file : files) file_close(file);
  files.clear();
}

Operation* find_operation(napi_env env, uint64_t id) {
  const BoundOperation* bound = environment_of(env).operations->find(id);
  return bound == nullptr ? nullptr : bound->operation;
}

void deliver_completions(napi_env env, Bytes batch, Result count) {
  Operations& operations = *environment_of(env).operations;
  auto* events = reinterpret_cast<PortEvent*>(static_cast<EventBatchHeader*>(batch.data) + 1);
  for (Result i = 0; i < count; ++i) {
    if (events[i].operation != 0) operations.deliver(events[i].operation, &events[i]);
  }
}

void drop_settled_operations(napi_env env) { environment_of(env).operations->settle_idle(); }

}  // namespace fdreactor
