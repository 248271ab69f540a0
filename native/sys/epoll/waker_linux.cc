#include "../waker.h"

#include <linux/random.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../posix/errno_result.h"

namespace fdreactor {
namespace {

struct Waker {
  int fd;        // an eventfd
  bool ringing;  // the eventfd was written, and its handler has not acknowledged that yet
};

// By its number: glibc has the function since 2.25 only. Short of entropy at boot, and on Linux before 3.17, the result
// is 0: the ids are then unique in this copy of the add-on only.
uint64_t random_bits() {
  uint64_t random = 0;
  return syscall(SYS_getrandom, &random, sizeof random, GRND_NONBLOCK) < 0 ? 0 : random;
}

// Never destroyed: a thread may still ring while the process exits.
WakerRegistry<Waker>& wakers() {
  static auto* all = new WakerRegistry<Waker>(random_bits());
  return *all;
}

}  // namespace

Result waker_open(uint64_t* id) {
  const Result fd = from_call(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (fd >= 0) *id = wakers().add({static_cast<int>(fd), false});
  return fd;
}

Result waker_wake(uint64_t id) {
  return wakers().wake(id, [](const Waker& waker) {
    const uint64_t one = 1;
    return retry_eintr([&] { return ::write(waker.fd, &one, sizeof one); });
  });
}

Result waker_acknowledge(uint64_t id) {
  return wakers().with(id, 0, [](Waker& waker) {
    uint64_t count;
    const Result taken = retry_eintr([&] { return ::read(waker.fd, &count, sizeof count); });
    waker.ringing = false;
    return taken == kWouldBlock ? 0 : taken;
  });
}

Result waker_close(uint64_t id, bool is_open) {
  return wakers().remove(id, [is_open](const Waker& waker) {
    if (is_open) ::close(waker.fd);
  });
}

Result waker_was_made(uint64_t id) { return wakers().was_made(id); }

}  // namespace fdreactor
