// Runs all tests, or those with the first argument in their name or file, and prints `N passed, N failed`.
#include <dirent.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "harness.h"

namespace fdreactor::test {
namespace {

int failures_of_this_test = 0;

int open_fds() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  int count = 0;
  while (readdir(folder.get()) != nullptr) count++;
  return count;
}

bool is_selected(const Test& test, const char* filter) {
  return std::strstr(test.name, filter) != nullptr || std::strstr(test.file, filter) != nullptr;
}

bool passes(const Test& test) {
  failures_of_this_test = 0;
  const int before = open_fds();
  test.body();
  const int after = open_fds();
  if (after != before) report_failure(test.file, 0, shown(after - before) + " fds more than before");
  if (failures_of_this_test > 0) std::printf("FAIL %s: %s\n", test.file, test.name);
  return failures_of_this_test == 0;
}

}  // namespace

std::vector<Test>& all_tests() {
  static std::vector<Test> tests;
  return tests;
}

void report_failure(const char* file, int line, const std::string& message) {
  failures_of_this_test++;
  std::printf("  %s:%d %s\n", file, line, message.c_str());
}

}  // namespace fdreactor::test

int main(int argument_count, char** arguments) {
  using namespace fdreactor::test;
  const char* filter = argument_count > 1 ? arguments[1] : "";
  int passed = 0;
  int failed = 0;
  for (const auto& test : all_tests()) {
    if (is_selected(test, filter)) (passes(test) ? passed : failed)++;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
