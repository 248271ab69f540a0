// The list of constants: no name twice, and the groups that JavaScript asks for.
#include <sys/epoll.h>

#include <set>
#include <string>

#include "../../sys/constants.h"
#include "../../sys/error_names.h"
#include "../harness.h"

using namespace fdreactor;

TEST("no constant is listed twice, and each group has some") {
  std::set<std::string> names;
  std::set<std::string> groups;
  const ConstantList list = platform_constants();
  for (size_t i = 0; i < list.count; i++) {
    EXPECT(names.insert(list.first[i].name).second);
    groups.insert(list.first[i].group);
  }
  for (const char* group : {"epoll", "socket", "transfer", "error"}) EXPECT_EQ(groups.count(group), size_t{1});
}

TEST("the numbers of fdreactor/linux are a group of their own, without a name twice and unsigned") {
  std::set<std::string> names;
  const ConstantList list = linux_constants();
  for (size_t i = 0; i < list.count; i++) {
    EXPECT(names.insert(list.first[i].name).second);
    EXPECT_EQ(std::string(list.first[i].group), "linux");
    EXPECT(list.first[i].value >= 0);
  }
  EXPECT(!names.empty());
}

TEST("a constant has the value of the header, unsigned where the kernel's word is") {
  const ConstantList list = platform_constants();
  for (size_t i = 0; i < list.count; i++) {
    const std::string name = list.first[i].name;
    if (name == "EPOLLET") EXPECT_EQ(list.first[i].value, int64_t{1} << 31);
    if (name == "EPOLL_CTL_MOD") EXPECT_EQ(list.first[i].value, EPOLL_CTL_MOD);
  }
}

TEST("an error constant and the error's name agree") {
  const ConstantList list = platform_constants();
  for (size_t i = 0; i < list.count; i++) {
    const Constant& constant = list.first[i];
    if (std::string(constant.group) != "error") continue;
    EXPECT_EQ(std::string(error_name(static_cast<int>(constant.value))), constant.name);
  }
}
