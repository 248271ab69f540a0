#include "afd.h"

#include <algorithm>
#include <utility>

#include "../../../core/afd_events.h"
#include "../../../core/check.h"

namespace fdreactor {
namespace {

constexpr int kAlreadyExists = 183;    // ERROR_ALREADY_EXISTS
constexpr int kInvalidHandle = 6;      // ERROR_INVALID_HANDLE: the socket was closed meanwhile, or never was one
constexpr int kNotASocket = 10038;     // WSAENOTSOCK: the same, of a call that asked Winsock
constexpr uint32_t kInterestMask = 7;  // READABLE, WRITABLE, PRIORITY

bool is_gone(Result result) { return result == failure(kInvalidHandle) || result == failure(kNotASocket); }

}  // namespace

AfdPoller::~AfdPoller() {
  CHECK(in_flight_.empty());  // or the kernel would write into memory that was freed
  for (Watch* watch : changed_) {
    watch->queued = false;
    if (watch->removed) free_if_unused(watch);
  }
  changed_.clear();
  remove_all();
}

Result AfdPoller::add(int fd, uint32_t slot, uint32_t generation, uint32_t interest, bool oneshot) {
  uint64_t base = 0;
  const Result found = device_->base_handle(fd, &base);
  if (found < 0) return found;
  if (find(fd) != nullptr) return failure(kAlreadyExists);
  auto* watch = new Watch{};
  watch->base = base;
  const Result assigned = device_->assign_helper(&watch->request);
  if (assigned < 0) {
    delete watch;
    return assigned;
  }
  watch->fd = fd;
  by_fd_.emplace(fd, watch);
  modify(fd, slot, generation, interest, oneshot);
  // At once: a handle that is not a socket is noticed by the poll, if by nothing before.
  const Result polled = poll(watch);
  if (polled >= 0) return 0;
  forget(watch);
  return is_gone(polled) ? failure(kNotASocket) : polled;
}

Result AfdPoller::modify(int fd, uint32_t slot, uint32_t generation, uint32_t interest, bool oneshot) {
  Watch* watch = find(fd);
  if (watch == nullptr) return 0;
  watch->slot = slot;
  watch->generation = generation;
  watch->interest = interest & kInterestMask;
  watch->oneshot = oneshot;
  watch->fired = false;
  watch->told = 0;
  change(watch);
  return 0;
}

void AfdPoller::quiet(int fd) {
  Watch* watch = find(fd);
  if (watch != nullptr) watch->told |= kAfdDisconnect;
}

void AfdPoller::remove(int fd) {
  Watch* watch = find(fd);
  if (watch != nullptr) forget(watch);
}

Result AfdPoller::update() {
  while (!changed_.empty()) {
    Watch* watch = changed_.back();
    const Result result = watch->removed ? 0 : poll(watch);
    if (result < 0 && !is_gone(result)) return result;  // still in the list: tried again by the next turn
    changed_.pop_back();
    watch->queued = false;
    if (watch->removed) {
      free_if_unused(watch);
    } else if (result < 0) {
      forget(watch);  // closed behind our back: as with epoll, it is gone without a word
    }
  }
  return 0;
}

bool AfdPoller::complete(void* context, AfdReady* told) {
  const auto found = in_flight_.find(context);
  if (found == in_flight_.end()) return false;
  Watch* watch = found->second;
  in_flight_.erase(found);
  const AfdPollInfo& info = watch->request.info;
  const int32_t status = watch->request.status();
  watch->state = State::kIdle;
  *told = {0, 0, 0};
  if (watch->removed) {
    free_if_unused(watch);
    return true;
  }
  const bool answered = status >= 0 && info.number_of_handles >= 1;
  if (answered && (info.events & kAfdLocalClose) != 0) {
    forget(watch);
    return true;
  }
  // A failed connect says why; a reset is one.
  if (answered) *told = tell(watch, info.events, info.status < 0 ? info.status : kStatusConnectionReset);
  // A poll that failed, for another reason than that it was cancelled, says that the connection is broken.
  if (status < 0 && status != kStatusCancelled) *told = tell(watch, kAfdAbort, status);
  change(watch);
  return true;
}

int32_t AfdPoller::take_error(int fd) {
  Watch* watch = find(fd);
  return watch == nullptr ? 0 : std::exchange(watch->error, 0);
}

void AfdPoller::transfer_done(int fd) {
  Watch* watch = find(fd);
  if (watch != nullptr) change(watch);
}

void AfdPoller::remove_all() {
  while (!by_fd_.empty()) forget(by_fd_.begin()->second);
}

void AfdPoller::abandon() {
  for (const auto& entry : in_flight_) {
    Watch* watch = entry.second;
    if (!watch->removed) by_fd_.erase(watch->fd);
    changed_.erase(std::remove(changed_.begin(), changed_.end(), watch), changed_.end());
  }
  in_flight_.clear();
}

AfdPoller::Watch* AfdPoller::find(int fd) {
  const auto found = by_fd_.find(fd);
  return found == by_fd_.end() ? nullptr : found->second;
}

// The AFD events that this watch is to hear of now; 0: none at all.
uint32_t AfdPoller::wanted(const Watch& watch) {
  if (watch.fired) return 0;
  uint32_t events = afd_from_interest(watch.interest) & ~watch.told;
  // While a sendfile is in flight the socket is not writable: the sender waits for its end.
  if ((events & kAfdSend) != 0 && device_->is_sending_file(watch.fd)) events &= ~uint32_t{kAfdSend};
  return events;
}

void AfdPoller::change(Watch* watch) {
  if (watch->queued) return;
  watch->queued = true;
  changed_.push_back(watch);
}

// Brings the kernel up to date with one watch.
Result AfdPoller::poll(Watch* watch) {
  const uint32_t events = wanted(*watch);
  switch (watch->state) {
    case State::kPolling:
      // Events that are no longer wanted may still be answered; tell() drops them.
      if ((events & ~watch->polled) != 0) cancel(watch);
      return 0;
    case State::kCancelled:
      return 0;  // complete() comes back to it
    case State::kIdle:
      break;
  }
  if (events == 0) return 0;
  AfdPollInfo& info = watch->request.info;
  info.timeout = INT64_MAX;
  info.number_of_handles = 1;
  info.exclusive = 0;
  info.handle = watch->base;
  info.events = events;
  info.status = 0;
  const Result started = device_->start(&watch->request);
  if (started < 0) return started;
  watch->state = State::kPolling;
  watch->polled = events;
  in_flight_.emplace(watch->request.context, watch);
  return 0;
}

void AfdPoller::cancel(Watch* watch) {
  if (watch->state != State::kPolling) return;
  watch->state = State::kCancelled;
  device_->cancel(&watch->request);  // a failure says that it is answered already: its packet is on its way
}

// Takes it out: nothing of it is told any more, and its number may be watched anew.
void AfdPoller::forget(Watch* watch) {
  by_fd_.erase(watch->fd);
  watch->removed = true;
  cancel(watch);
  free_if_unused(watch);
}

void AfdPoller::free_if_unused(Watch* watch) {
  if (watch->state != State::kIdle || watch->queued) return;
  device_->release_helper(&watch->request);
  delete watch;
}

AfdReady AfdPoller::tell(Watch* watch, uint32_t events, int32_t error) {
  const uint32_t asked = afd_from_interest(watch->interest) & ~watch->told;
  const uint32_t ready = ready_from_afd(events & asked);
  if (ready == 0 || watch->fired) return {0, 0, 0};
  if ((events & (kAfdAbort | kAfdConnectFail)) != 0 && !watch->broken) {
    watch->broken = true;
    watch->error = error;
  }
  // A paused registration is told of closures once, a oneshot of anything once.
  if (watch->interest == 0) watch->told |= events & kAfdClosures;
  watch->fired = watch->oneshot;
  return {watch->slot, watch->generation, ready};
}

}  // namespace fdreactor
