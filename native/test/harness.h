// The whole test framework. `TEST("what holds") { EXPECT(...); }` in any file of this folder is found and run by
// main.cc; a test that leaves fds open has failed. EXPECT goes on after a failure, REQUIRE leaves the test.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace fdreactor::test {

struct Test {
  const char* name;
  const char* file;
  void (*body)();
};

std::vector<Test>& all_tests();
void report_failure(const char* file, int line, const std::string& message);

struct Registration {
  Registration(const char* name, const char* file, void (*body)()) { all_tests().push_back({name, file, body}); }
};

template <typename Value>
std::string shown(const Value& value) {
  std::ostringstream text;
  if constexpr (std::is_enum_v<Value>) {
    text << static_cast<long long>(value);
  } else {
    text << value;
  }
  return text.str();
}

template <typename Left, typename Right>
bool expect_equal(const Left& left, const Right& right, const char* expression, const char* file, int line) {
  if (left == right) return true;
  report_failure(file, line, std::string(expression) + ": " + shown(left) + " is not " + shown(right));
  return false;
}

inline bool expect_true(bool holds, const char* expression, const char* file, int line) {
  if (!holds) report_failure(file, line, expression);
  return holds;
}

}  // namespace fdreactor::test

#define FDREACTOR_JOIN_NOW(left, right) left##right
#define FDREACTOR_JOIN(left, right) FDREACTOR_JOIN_NOW(left, right)
#define TEST(name)                                                                                                     \
  static void FDREACTOR_JOIN(test_, __LINE__)();                                                                       \
  static const fdreactor::test::Registration FDREACTOR_JOIN(registration_, __LINE__)(name, __FILE__,                   \
                                                                                     FDREACTOR_JOIN(test_, __LINE__)); \
  static void FDREACTOR_JOIN(test_, __LINE__)()

#define EXPECT(condition) fdreactor::test::expect_true(condition, #condition, __FILE__, __LINE__)
#define EXPECT_EQ(left, right) fdreactor::test::expect_equal(left, right, #left, __FILE__, __LINE__)
#define REQUIRE(condition) \
  if (!EXPECT(condition)) return
