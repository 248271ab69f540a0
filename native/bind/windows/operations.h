// The overlapped operations of one environment by their ids in JavaScript, and the buffers of each pending operation.
// The kernel's part is sys/windows/port/operation.h. Ownership:
//
//   JavaScript's Overlapped holds an external. Its finalizer forgets the operation: at once if the operation is idle,
//   and after the completion was delivered if it is pending. A port holds the operations that are pending on it. The
//   last of the three holders (this table, the port, a call under way) frees the operation. A reference keeps the
//   buffers of a pending operation that fills them, or uses them in place (shared memory).
#pragma once

#include <node_api.h>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "../../sys/fd.h"
#include "../../sys/windows/port/iocp.h"
#include "../../sys/windows/port/operation.h"

namespace fdreactor {

struct BoundOperation {
  Operation* operation;
  napi_ref buffers = nullptr;  // a Uint8Array or an array of them, as the call got it
  bool fills_buffers = false;  // what came is copied there
  bool forgotten = false;      // its Overlapped was collected
};

class Operations {
 public:
  explicit Operations(napi_env env) : env_(env) {}

  uint64_t add();
  BoundOperation* find(uint64_t id);
  // JavaScript's object is gone.
  void forget(uint64_t id);
  // Its packet has come, or it did not begin: the buffers are not used any more.
  void settle(BoundOperation* bound);
  // What its packet brought is handed on; the event tells EFAULT where a buffer was taken away meanwhile.
  void deliver(uint64_t id, PortEvent* event);
  void settle_idle();
  // The environment ends, its ports are closed.
  void end();

  // How often a socket's number was closed: for the calls that do something to a socket once they have completed.
  const uint32_t* closes_of(int number) { return &closes_[number]; }
  void closed(int number);

  std::unordered_set<int> files;  // opened by openFile()

 private:
  void erase(uint64_t id);

  napi_env env_;
  uint64_t last_id_ = 0;
  std::unordered_map<uint64_t, BoundOperation> by_id_;
  std::unordered_map<int, uint32_t> closes_;  // its elements never move
};

// nullptr for an unknown id.
Operation* find_operation(napi_env env, uint64_t id);

// Of the events of a batch: what was received is copied to where JavaScript wants it, before JavaScript sees them.
void deliver_completions(napi_env env, Bytes batch, Result count);

// A port was closed, and the operations on it with it.
void drop_settled_operations(napi_env env);

}  // namespace fdreactor
