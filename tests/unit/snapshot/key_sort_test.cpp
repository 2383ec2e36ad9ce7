#include "lull/snapshot/key_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace lull::snapshot {
namespace {

void expect_sorted(const std::vector<std::string>& keys) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  const auto places = sorted_places(views);
  ASSERT_EQ(places.size(), keys.size());
  std::vector<std::string> out;
  for (const auto place : places) out.push_back(keys[place]);
  auto expected = keys;
  std::ranges::sort(expected);
  EXPECT_EQ(out, expected);
}

TEST(KeySort, IsTheOrderOfBytes) {
  expect_sorted({});
  expect_sorted({"a"});
  expect_sorted({"b", "", "a"});
  std::mt19937_64 engine(3);
  for (int round = 0; round < 300; ++round) {
    const std::string prefix(engine() % 20, 'p');
    const std::size_t count = engine() % 300;
    const std::size_t bytes_max = 1 + engine() % 30;
    const unsigned letters = 1 + static_cast<unsigned>(engine() % 256);
    const bool same_size = engine() % 2 == 0;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) {
      std::string key = engine() % 20 == 0 ? "" : prefix;
      for (std::size_t k = same_size ? bytes_max : engine() % bytes_max; k != 0; --k) {
        key += static_cast<char>(engine() % letters);  // zeros and bytes beyond 127 among them
      }
      keys.push_back(std::move(key));
    }
    expect_sorted(keys);
  }
}

TEST(KeySort, ManyThatAreEqualOrAlikeEndToo) {
  expect_sorted(std::vector<std::string>(500, "the same again and again"));
  expect_sorted(std::vector<std::string>(500, ""));
  std::vector<std::string> nested;
  for (std::size_t i = 0; i < 1000; ++i) nested.emplace_back(i, '\0');
  std::ranges::shuffle(nested, std::mt19937_64(1));
  expect_sorted(nested);
}

}  // namespace
}  // namespace lull::snapshot
