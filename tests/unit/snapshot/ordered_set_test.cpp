#include "lull/snapshot/ordered_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace lull::snapshot {
namespace {

using Content = std::set<std::string>;
using Set = std::shared_ptr<const OrderedSet>;

Set empty(std::shared_ptr<MemoryAccount> account = nullptr) {
  return std::make_shared<OrderedSet>(std::move(account));
}

Set insert(const Set& base, const Content& content) {
  std::vector<OrderedSet::Change> changes;
  for (const std::string& key : content) changes.push_back({key});
  return OrderedSet::apply(*base, changes);
}

Set remove(const Set& base, std::string_view key) {
  const std::vector<OrderedSet::Change> changes = {{key, true}};
  return OrderedSet::apply(*base, changes);
}

void expect_content(const OrderedSet& set, const Content& content) {
  ASSERT_EQ(set.size(), content.size());
  auto cursor = set.seek("");
  for (const std::string& key : content) {
    ASSERT_FALSE(cursor.done());
    ASSERT_EQ(cursor.key(), key);
    ASSERT_TRUE(set.contains(key)) << key;
    cursor.next();
  }
  ASSERT_TRUE(cursor.done());
}

/// The same keys, and in the shape that they have when they are put into an empty set.
void expect_shape(const OrderedSet& set, const Content& content) {
  ASSERT_NO_FATAL_FAILURE(expect_content(set, content));
  ASSERT_EQ(set.layout_hash(), insert(empty(), content)->layout_hash());
}

/// Keys that somebody chose so that none, or each, of them begins a leaf.
Content chosen(std::size_t count, bool boundaries, const std::string& prefix = {}) {
  Content out;
  for (std::size_t i = 0; out.size() < count; ++i) {
    const std::string key = prefix + std::to_string(i);
    if (KeyBoundary::of(key).leaf == boundaries) out.insert(key);
  }
  return out;
}

Content numbers(std::size_t begin, std::size_t end, std::size_t step = 1) {
  Content out;
  for (std::size_t i = begin; i < end; i += step) out.insert(std::to_string(i));
  return out;
}

TEST(OrderedSet, ResolvesKeysThatBeginEachOther) {
  Content content;
  for (const char* key : {"", "p", "pq", "pqrs", "pqrst", "pqrsta", "pqrstb", "pqrstbc", "q"}) {
    content.insert(key);
  }
  content.insert(std::string("pqrs\0", 5));
  content.insert(std::string("pqrs\0\0", 6));
  content.insert("pqrs\xff");
  const Set set = insert(empty(), content);
  expect_content(*set, content);
  for (const char* key : {"o", "pqr", "pqrsu", "pqrstba", "r"}) {
    EXPECT_FALSE(set->contains(key)) << key;
    const auto expected = content.lower_bound(key);
    const auto found = set->seek(key);
    ASSERT_EQ(found.done(), expected == content.end()) << key;
    if (!found.done()) {
      EXPECT_EQ(found.key(), *expected);
    }
  }
}

TEST(OrderedSet, SeeksTheFirstKeyThatIsNotLess) {
  const Set set = insert(empty(), numbers(10'000, 20'000, 2));
  for (int i = 10'000; i < 19'998; ++i) {
    ASSERT_EQ(set->seek(std::to_string(i)).key(), std::to_string(i + i % 2));
    ASSERT_EQ(set->seek(std::to_string(i) + "+").key(), std::to_string(i + 2 - i % 2));
    ASSERT_EQ(set->contains(std::to_string(i)), i % 2 == 0);
    ASSERT_FALSE(set->contains(std::to_string(i) + "+"));
  }
  EXPECT_EQ(set->seek("1").key(), "10000");
  EXPECT_EQ(set->seek("").key(), "10000");
  EXPECT_TRUE(set->seek("19998+").done());
  EXPECT_TRUE(set->seek("2").done());
  EXPECT_TRUE(empty()->seek("").done());
  EXPECT_FALSE(empty()->contains(""));
}

TEST(OrderedSet, ACursorGoesOnFromWhereItSeeked) {
  const Content content = numbers(10'000, 14'000);
  const Set set = insert(empty(), content);
  for (std::size_t begin = 10'000; begin < 14'000; begin += 37) {
    auto cursor = set->seek(std::to_string(begin));
    for (std::size_t i = begin; i < std::min<std::size_t>(begin + 600, 14'000); ++i) {
      ASSERT_FALSE(cursor.done());
      ASSERT_EQ(cursor.key(), std::to_string(i));
      cursor.next();
    }
  }
}

TEST(OrderedSet, ToleratesWhatIsThereAlreadyAndWhatIsNot) {
  const Content content = numbers(1'000, 3'000, 2);
  const Set set = insert(empty(), content);
  EXPECT_EQ(insert(set, {"1000", "1500", "2998"})->layout_hash(), set->layout_hash());
  EXPECT_EQ(remove(set, "1501")->layout_hash(), set->layout_hash());
  EXPECT_EQ(remove(set, "")->layout_hash(), set->layout_hash());
  EXPECT_EQ(remove(set, "4")->layout_hash(), set->layout_hash());
  expect_content(*insert(set, content), content);
  expect_content(*remove(empty(), "a"), {});
  EXPECT_EQ(OrderedSet::apply(*set, {})->layout_hash(), set->layout_hash());
}

TEST(OrderedSet, CopiesBytes) {
  std::string key = "before";
  const std::vector<OrderedSet::Change> changes = {{key}};
  const Set set = OrderedSet::apply(*empty(), changes);
  key = "behind";
  EXPECT_TRUE(set->contains("before"));
}

TEST(OrderedSet, KeysWithoutAnyBoundaryStayRight) {
  const Content content = chosen(2 * KeyBoundary::kLeafKeysMax + 500, false);
  Set set = insert(empty(), content);
  expect_content(*set, content);
  Content rest = content;
  for (int i = 0; i < 100; ++i) {
    const std::string key = *rest.begin();
    rest.erase(rest.begin());
    set = remove(set, key);
  }
  expect_shape(*set, rest);
}

TEST(OrderedSet, GrownFromTheBackHasTheShapeOfAllAtOnce) {
  const Content content = numbers(1'000, 3'500);
  Set grown = empty();
  for (auto at = content.rbegin(); at != content.rend(); ++at) grown = insert(grown, {*at});
  expect_shape(*grown, content);
  // Where no key is a boundary, each new first key moves every cut behind it.
  const Content cut = chosen(KeyBoundary::kLeafKeysMax + 60, false);
  const auto begin = std::next(cut.begin(), 120);
  grown = insert(empty(), Content(begin, cut.end()));
  for (auto at = begin; at != cut.begin();) grown = insert(grown, {*--at});
  expect_shape(*grown, cut);
}

TEST(OrderedSet, KeysThatAllAreBoundariesStayRight) {
  const Content content = chosen(500, true);
  Set set = empty();
  for (const auto& key : content) set = insert(set, {key});
  expect_shape(*set, content);
}

TEST(OrderedSet, LongKeysStayRight) {
  const std::string value(1U << 20U, 'v');
  Content content = chosen(40, false, value);  // as in an index: they have the value in common
  for (char c = 'a'; c < 'f'; ++c) content.insert(std::string(1U << 20U, c));
  for (int i = 0; i < 500; ++i) content.insert(std::string(1024, 'k') + std::to_string(i));
  content.insert("short");
  const Set set = insert(empty(), content);
  expect_shape(*set, content);
  for (const std::string& key : {value + "17", std::string(1U << 20U, 'c'), std::string("short")}) {
    Content rest = content;
    rest.erase(key);
    const Set less = remove(set, key);
    expect_shape(*less, rest);
    EXPECT_EQ(insert(less, {key})->layout_hash(), insert(empty(), content)->layout_hash());
  }
}

TEST(OrderedSet, LongKeysThatShareAValueArePackedOnceALeaf) {
  const auto account = std::make_shared<MemoryAccount>();
  const std::string value(1024, 'v');
  Content content;
  for (int i = 10'000; i < 20'000; ++i) content.insert(value + std::to_string(i));
  const Set set = insert(empty(account), content);
  EXPECT_LT(account->bytes() / content.size(), 64U);
}

TEST(OrderedSet, RemovingAnyBoundaryGivesTheShapeWithoutIt) {
  const Content content = numbers(100'000, 108'000);
  const Set set = insert(empty(), content);
  std::size_t boundaries = 0;
  for (const auto& key : content) {
    if (key != *content.begin() && !KeyBoundary::of(key).leaf) continue;
    ++boundaries;
    Content rest = content;
    rest.erase(key);
    ASSERT_EQ(remove(set, key)->layout_hash(), insert(empty(), rest)->layout_hash()) << key;
  }
  EXPECT_GT(boundaries, 10U);
}

TEST(OrderedSet, RemovingAGroupBoundaryJoinsGroups) {
  Content content;
  std::size_t groups = 0;
  for (int i = 0; groups < 3; ++i) {
    const std::string key = std::to_string(i);
    content.insert(key);
    if (KeyBoundary::of(key).group) ++groups;
  }
  const Set set = insert(empty(), content);
  expect_content(*set, content);
  for (const auto& key : content) {
    if (!KeyBoundary::of(key).group) continue;
    Content rest = content;
    rest.erase(key);
    const Set joined = remove(set, key);
    ASSERT_NO_FATAL_FAILURE(expect_shape(*joined, rest)) << key;
    ASSERT_EQ(insert(joined, {key})->layout_hash(), set->layout_hash());
  }
}

TEST(OrderedSet, ALeafBoundaryBehindARemovedGroupBoundaryJoinsTheGroupBefore) {
  Content content;
  std::string removed;
  for (int i = 100'000; removed.empty(); ++i) {
    const std::string key = std::to_string(i);
    content.insert(key);
    if (i > 101'000 && KeyBoundary::of(key).group) removed = key;
  }
  for (int i = 0; *content.rbegin() == removed; ++i) {
    const std::string behind = removed + "-" + std::to_string(i);
    const KeyBoundary boundary = KeyBoundary::of(behind);
    if (boundary.leaf && !boundary.group) content.insert(behind);
  }
  const Set set = insert(empty(), content);
  content.erase(removed);
  expect_shape(*remove(set, removed), content);
}

TEST(OrderedSet, ManyChangesAtOnceGiveTheShapeOfTheResult) {
  const Content before = numbers(100'000, 150'000, 2);
  const Set set = insert(empty(), before);
  for (const std::size_t step : {3U, 100U, 7'001U, 40'001U}) {
    std::vector<std::string> keys;
    Content after = before;
    for (std::size_t i = 99'000; i < 151'000; i += step) keys.push_back(std::to_string(i));
    std::ranges::sort(keys);
    std::vector<OrderedSet::Change> changes;
    for (const std::string& key : keys) {
      changes.push_back({key, before.contains(key)});
      if (!after.erase(key)) after.insert(key);
    }
    expect_shape(*OrderedSet::apply(*set, changes), after);
  }
  std::vector<OrderedSet::Change> all;
  for (const std::string& key : before) all.push_back({key, true});
  expect_shape(*OrderedSet::apply(*set, all), {});
}

TEST(OrderedSet, ChargesEveryPart) {
  const auto account = std::make_shared<MemoryAccount>();
  Set set = empty(account);
  const std::uint64_t bare = account->bytes();
  Set full = insert(set, chosen(1'000, false));
  EXPECT_GT(account->bytes(), bare);
  Set fuller = insert(full, {"another"});
  full.reset();
  EXPECT_TRUE(fuller->contains("another"));
  fuller.reset();
  EXPECT_EQ(account->bytes(), bare);
  set.reset();
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
