#include "../waker.h"

#include <linux/random.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <mutex>
#include <unordered_map>

#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

struct Waker {
  int fd;
  bool ringing;  // the eventfd was written and its handler has not acknowledged it yet
};

// All wakers of the process. The lock is held over the one system call, so that close() cannot come in between.
struct Wakers {
  std::mutex mutex;
  std::unordered_map<uint64_t, Waker> by_id;
  const uint64_t first_id = random_id();
  uint64_t next_id = first_id;

  static uint64_t random_id() {
    uint64_t random = 0;
    // By its number: glibc has the function since 2.25 only. Short of entropy at boot, or on Linux before 3.17, it
    // stays 0: the ids are then only unique in this copy of the add-on.
    if (syscall(SYS_getrandom, &random, sizeof random, GRND_NONBLOCK) < 0) random = 0;
    return 1 + random % (kLargestWakerId / 2);
  }
};

// Never destroyed: a thread may still ring while the process exits.
Wakers& wakers() {
  static auto* all = new Wakers;
  return *all;
}

}  // namespace

Result waker_open(uint64_t* id) {
  const Result fd = from_call(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (fd < 0) return fd;
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  *id = all.next_id++;
  all.by_id.emplace(*id, Waker{static_cast<int>(fd), false});
  return fd;
}

Result waker_wake(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return 0;
  Waker& waker = found->second;
  if (waker.ringing) return 1;
  const uint64_t one = 1;
  const Result written = retry_eintr([&] { return ::write(waker.fd, &one, sizeof one); });
  if (written < 0) return written;
  waker.ringing = true;
  return 1;
}

Result waker_acknowledge(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return 0;
  uint64_t count;
  const Result taken = retry_eintr([&] { return ::read(found->second.fd, &count, sizeof count); });
  found->second.ringing = false;
  return taken == kWouldBlock ? 0 : taken;
}

Result waker_close(uint64_t id, bool is_open) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return 0;
  if (is_open) ::close(found->second.fd);
  all.by_id.erase(found);
  return 1;
}

Result waker_was_made(uint64_t id) {
  Wakers& all = wakers();
  const std::lock_guard<std::mutex> lock(all.mutex);
  return id >= all.first_id && id < all.next_id ? 1 : 0;
}

}  // namespace fdreactor
