// The two pure functions between the bits of AFD and the ready bits.
#include "../../core/afd_events.h"
#include "../harness.h"

using namespace fdreactor;

TEST("whatever is asked for, closures and the local close are polled for") {
  for (uint32_t interest = 0; interest < 8; ++interest) {
    const uint32_t events = afd_from_interest(interest);
    EXPECT_EQ(events & (kAfdClosures | kAfdLocalClose), kAfdClosures | kAfdLocalClose);
  }
}

TEST("each interest asks for its own events and no others") {
  const uint32_t always = afd_from_interest(0);
  EXPECT_EQ(afd_from_interest(kReadable) & ~always, kAfdReceive | kAfdAccept);
  EXPECT_EQ(afd_from_interest(kWritable) & ~always, uint32_t{kAfdSend});
  EXPECT_EQ(afd_from_interest(kPriority) & ~always, uint32_t{kAfdReceiveExpedited});
  EXPECT_EQ(afd_from_interest(kReadable | kWritable | kPriority) & ~always,
            kAfdReceive | kAfdAccept | kAfdSend | kAfdReceiveExpedited);
}

TEST("data and a waiting connection are readable") {
  EXPECT_EQ(ready_from_afd(kAfdReceive), uint32_t{kReadable});
  EXPECT_EQ(ready_from_afd(kAfdAccept), uint32_t{kReadable});
  EXPECT_EQ(ready_from_afd(kAfdReceiveExpedited), uint32_t{kPriority});
  EXPECT_EQ(ready_from_afd(kAfdSend), uint32_t{kWritable});
}

TEST("a half-close is the end of reading only, and a read does not block then") {
  EXPECT_EQ(ready_from_afd(kAfdDisconnect), kReadable | kReadClosed);
}

TEST("a reset and a failed connect end both directions, with an error, and no call blocks then") {
  for (const uint32_t events : {kAfdAbort, kAfdConnectFail}) {
    EXPECT_EQ(ready_from_afd(events), kReadable | kWritable | kReadClosed | kWriteClosed | kError | kHangup);
  }
}

TEST("events add up; unknown bits say nothing") {
  for (uint32_t left = 0; left < 0x200; ++left) {
    for (uint32_t right = 1; right < 0x200; right <<= 1) {
      REQUIRE(ready_from_afd(left | right) == (ready_from_afd(left) | ready_from_afd(right)));
    }
  }
  EXPECT_EQ(ready_from_afd(kAfdLocalClose | 0x40 | 0xfffffe00), 0U);
}
