#include "lull/base/arena.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace lull {
namespace {

TEST(Arena, KeepsWhatWasCopiedHoweverMuchFollows) {
  Arena arena;
  std::vector<std::string> expected;
  std::vector<std::string_view> copies;
  for (std::size_t i = 0; i < 3000; ++i) {
    expected.emplace_back(i % 300, static_cast<char>('a' + i % 26));
    copies.push_back(arena.copy(expected.back()));
  }
  expected.emplace_back(1U << 20U, 'x');  // more than a block
  copies.push_back(arena.copy(expected.back()));
  for (std::size_t i = 0; i < copies.size(); ++i) ASSERT_EQ(copies[i], expected[i]) << i;
}

TEST(Arena, MovesWithItsBlocksAndStartsAnewWhenCleared) {
  Arena from;
  const std::string_view copy = from.copy("kept");
  Arena to = std::move(from);
  EXPECT_EQ(copy, "kept");
  Arena third;
  third = std::move(to);
  EXPECT_EQ(copy, "kept");
  third.clear();
  EXPECT_EQ(third.copy("again"), "again");
}

TEST(DiscardPages, KeepsWhatSharesAPageWithOthers) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::string bytes(8 * page, 'x');
  const std::size_t begin = 100;
  const std::size_t size = 6 * page;
  discard_pages(bytes.data() + begin, size);
  EXPECT_EQ(bytes.substr(0, begin), std::string(begin, 'x'));
  EXPECT_EQ(bytes.substr(begin + size), std::string(bytes.size() - begin - size, 'x'));
  discard_pages(bytes.data() + 1, 1);
  EXPECT_EQ(bytes[1], 'x') << "less than a page";
}

}  // namespace
}  // namespace lull
