// Readiness of sockets on Windows: one poll operation a socket on \Device\Afd. Its completion comes out of the port.
//
// An answered poll is over; it is made again at the next turn for as long as the registration stands, and that is what
// makes it level-triggered: a socket that is still ready answers at once. Between two turns nothing is in the kernel's
// hands for a socket that was told to be ready.
//
// This file knows no Windows: what it asks of the kernel is AfdDevice, so that its states can be tried against a
// scripted double under sanitizers (native/test/windows/test_afd.cc). The real one is afd_device_windows.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "../../../core/result.h"

namespace fdreactor {

// AFD_POLL_INFO for one handle, as the kernel reads and writes it (64-bit).
struct AfdPollInfo {
  int64_t timeout;  // INT64_MAX: none
  uint32_t number_of_handles;
  uint32_t exclusive;
  uint64_t handle;
  uint32_t events;
  int32_t status;
};
static_assert(sizeof(AfdPollInfo) == 32, "the kernel's own layout");

// One poll operation: memory that belongs to the kernel from start() until its packet has come.
struct AfdRequest {
  alignas(8) unsigned char own_io_status[16] = {};
  void* io_status = own_io_status;  // an IO_STATUS_BLOCK; its first word is the NTSTATUS
  void* context = this;             // what the packet points to
  void* helper = nullptr;           // the device's handle that it was started on
  AfdPollInfo info = {};

  int32_t status() const { return *static_cast<const int32_t*>(io_status); }
};

constexpr int32_t kStatusCancelled = static_cast<int32_t>(0xC0000120);
constexpr int32_t kStatusConnectionReset = static_cast<int32_t>(0xC000020D);

// The kernel, as far as polling needs it.
class AfdDevice {
 public:
  virtual ~AfdDevice() = default;
  virtual Result base_handle(int fd, uint64_t* base) = 0;  // of the socket below all layered providers
  virtual Result assign_helper(AfdRequest* request) = 0;   // a device handle that is shared by many requests
  virtual void release_helper(AfdRequest* request) = 0;
  virtual Result start(AfdRequest* request) = 0;   // 0: its packet will come, or is there already
  virtual Result cancel(AfdRequest* request) = 0;  // its packet comes all the same
  virtual bool is_sending_file(int fd) = 0;        // then transfer_done() will be called
  virtual uint64_t helper_handle(const AfdRequest& request) = 0;
};

struct AfdReady {
  uint32_t slot;
  uint32_t generation;
  uint32_t ready;  // 0: nothing to tell
};

class AfdPoller {
 public:
  explicit AfdPoller(AfdDevice* device) : device_(device) {}
  ~AfdPoller();
  AfdPoller(const AfdPoller&) = delete;
  AfdPoller& operator=(const AfdPoller&) = delete;

  // Starts watching. ERROR_ALREADY_EXISTS: it is watched; WSAENOTSOCK: it cannot be.
  Result add(int fd, uint32_t slot, uint32_t generation, uint32_t interest, bool oneshot);
  // New interest; re-arms a oneshot that was told. 0 too for a socket that is unknown or closed by now.
  Result modify(int fd, uint32_t slot, uint32_t generation, uint32_t interest, bool oneshot);
  // A half-close that was told is not told again until modify().
  void quiet(int fd);
  void remove(int fd);

  // Hands the kernel what has changed since the last time. Before each wait.
  Result update();

  // A packet that points to `context` has come. False if `context` is not a request of this poller.
  bool complete(void* context, AfdReady* told);

  // The NTSTATUS of what broke the connection, once; 0 for nothing that a poll has told.
  int32_t take_error(int fd);

  // The sendfile that was in flight on the socket is over.
  void transfer_done(int fd);

  size_t watched() const { return by_fd_.size(); }
  size_t in_flight() const { return in_flight_.size(); }

  // Forgets every socket, and cancels what is in flight, so that the packets come.
  void remove_all();
  // The packets will not come any more (the port is lost): the kernel keeps the memory for good.
  void abandon();

 private:
  enum class State {
    kIdle,     // The kernel has nothing of it. It is freed at once when it is removed, and polled at the next update()
               // when there is anything to wait for.
    kPolling,  // A poll is in the kernel's hands, for polled_. It stays so when less is wanted; when more is wanted, or
               // it is removed, the poll is cancelled.
    kCancelled,  // It was cancelled, but its packet has not come: the memory is still the kernel's. What is wanted by
                 // then is polled for after that, and a watch that was removed is freed then.
  };

  struct Watch {
    AfdRequest request;
    uint64_t base;  // of fd, below all layered providers
    int fd;
    uint32_t slot;
    uint32_t generation;
    uint32_t interest;
    uint32_t told;    // closures that need not be told again before modify()
    int32_t error;    // what broke the connection; 0: nothing, or it was taken
    uint32_t polled;  // what the poll in flight asks for
    State state;
    bool broken;  // it was told so; its error is kept once
    bool oneshot;
    bool fired;    // a oneshot that was told
    bool removed;  // only waits to be freed
    bool queued;   // in changed_
  };

  Watch* find(int fd);
  uint32_t wanted(const Watch& watch);
  void change(Watch* watch);
  Result poll(Watch* watch);
  void cancel(Watch* watch);
  void forget(Watch* watch);
  void free_if_unused(Watch* watch);
  AfdReady tell(Watch* watch, uint32_t events, int32_t error);

  AfdDevice* device_;
  std::unordered_map<int, Watch*> by_fd_;
  std::unordered_map<void*, Watch*> in_flight_;  // by the request's context
  std::vector<Watch*> changed_;
};

}  // namespace fdreactor
