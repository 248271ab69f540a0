// The registry of wakers, with a ring that the test scripts.
#include "../../core/waker_registry.h"
#include "../harness.h"

using namespace fdreactor;

namespace {

struct Waker {
  int number;
  bool ringing;
};

Result rings(Waker&) { return 0; }
Result fails(Waker&) { return failure(5); }

}  // namespace

TEST("ids are safe integers that count up from a random one") {
  for (const uint64_t random : {uint64_t{0}, uint64_t{1}, kMaxWakerId / 2, kMaxWakerId, UINT64_MAX}) {
    WakerRegistry<Waker> wakers(random);
    const uint64_t id = wakers.add({1, false});
    EXPECT(id >= 1 && id <= kMaxWakerId / 2);
    EXPECT_EQ(wakers.add({2, false}), id + 1);
  }
  EXPECT_EQ(WakerRegistry<Waker>(41).add({1, false}), uint64_t{42});
}

TEST("a wake rings once until it is acknowledged") {
  WakerRegistry<Waker> wakers(0);
  const uint64_t id = wakers.add({1, false});
  int rung = 0;
  const auto count = [&rung](Waker&) { return Result{rung++}; };
  EXPECT_EQ(wakers.wake(id, count), 1);
  EXPECT_EQ(wakers.wake(id, count), 1);
  EXPECT_EQ(rung, 1);
  wakers.with(id, 0, [](Waker& waker) { return Result{waker.ringing = false}; });
  EXPECT_EQ(wakers.wake(id, count), 1);
  EXPECT_EQ(rung, 2);
}

TEST("a ring that fails is told, and the next wake tries again") {
  WakerRegistry<Waker> wakers(0);
  const uint64_t id = wakers.add({1, false});
  EXPECT_EQ(wakers.wake(id, fails), failure(5));
  EXPECT_EQ(wakers.wake(id, rings), 1);
  EXPECT_EQ(wakers.wake(id, fails), 1);  // ringing already
}

TEST("a waker that is removed, or was never added, is absent") {
  WakerRegistry<Waker> wakers(0);
  const uint64_t id = wakers.add({7, false});
  int ended = 0;
  EXPECT_EQ(wakers.remove(id, [&ended](Waker& waker) { ended = waker.number; }), 1);
  EXPECT_EQ(ended, 7);
  for (const uint64_t absent : {id, id + 1, uint64_t{0}, UINT64_MAX}) {
    EXPECT_EQ(wakers.wake(absent, rings), 0);
    EXPECT_EQ(wakers.with(absent, kBadArgument, rings), kBadArgument);
    EXPECT_EQ(wakers.remove(absent, [&ended](Waker&) { ended = 0; }), 0);
  }
  EXPECT_EQ(ended, 7);
}

TEST("was_made knows the ids that were given out, also of wakers that are removed") {
  WakerRegistry<Waker> wakers(100);
  EXPECT_EQ(wakers.was_made(101), 0);
  const uint64_t id = wakers.add({1, false});
  EXPECT_EQ(wakers.was_made(id), 1);
  EXPECT_EQ(wakers.was_made(id - 1), 0);
  EXPECT_EQ(wakers.was_made(id + 1), 0);
  wakers.remove(id, [](Waker&) {});
  EXPECT_EQ(wakers.was_made(id), 1);
}

TEST("each visits every waker") {
  WakerRegistry<Waker> wakers(0);
  for (int i = 1; i <= 3; i++) wakers.add({i, false});
  int sum = 0;
  wakers.each([&sum](Waker& waker) { sum += waker.number; });
  EXPECT_EQ(sum, 6);
}
