// Every error number that the C library knows has its name.
#include <cerrno>
#include <cstring>
#include <set>
#include <string>

#include "../../sys/error_names.h"
#include "../harness.h"

using namespace fdreactor;

TEST("every error number of the system has a name, and each its own") {
  std::set<std::string> names;
  for (int error = 1; error < 4096; error++) {
    const bool is_known = std::strstr(std::strerror(error), "Unknown error") == nullptr;
    const char* name = error_name(error);
    EXPECT_EQ(name != nullptr, is_known);
    if (name == nullptr) continue;
    EXPECT_EQ(name[0], 'E');
    EXPECT(names.insert(name).second);
  }
  EXPECT(names.size() > 100);
}

TEST("numbers that are no error have no name") {
  for (const int number : {0, -1, -ECONNRESET, 4096, INT32_MAX, INT32_MIN}) EXPECT(error_name(number) == nullptr);
}

TEST("names that Node's own errors have") {
  EXPECT_EQ(std::string(error_name(ECONNRESET)), "ECONNRESET");
  EXPECT_EQ(std::string(error_name(EAGAIN)), "EAGAIN");
  EXPECT_EQ(std::string(error_name(ENOTSUP)), "EOPNOTSUPP");
  EXPECT_EQ(std::string(error_message(ECONNRESET)), std::strerror(ECONNRESET));
}
