// CHECK ends the process, in every build.
#include <csignal>

#include "../../core/check.h"
#include "../harness.h"
#include "../things.h"

using namespace fdreactor::test;

TEST("a CHECK that holds does nothing, one that does not aborts") {
  EXPECT_EQ(in_child([] {
              CHECK(1 + 1 == 2);
              return 3;
            }),
            3);
  EXPECT_EQ(in_child([] {
              ::close(STDERR_FILENO);
              signal(SIGABRT, SIG_DFL);
              CHECK(1 + 1 == 3);
              return 3;
            }),
            128 + SIGABRT);
}
