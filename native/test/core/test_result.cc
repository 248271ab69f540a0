// The number in which every call answers: would block, bad argument and each errno stay apart.
#include <cerrno>

#include "../../core/result.h"
#include "../harness.h"

using namespace fdreactor;

TEST("an error number survives the way to a Result and back") {
  for (int error = 1; error < 4096; error++) {
    EXPECT_EQ(error_of(failure(error)), error);
    EXPECT(is_failure(failure(error)));
    EXPECT(failure(error) != kWouldBlock);
    EXPECT(failure(error) > kBadArgument);
  }
}

TEST("would block and counts are no failures; a bad argument is one") {
  EXPECT(!is_failure(kWouldBlock));
  EXPECT(!is_failure(0));
  EXPECT(!is_failure(Result{1} << 40));
  EXPECT(is_failure(kBadArgument));
}
