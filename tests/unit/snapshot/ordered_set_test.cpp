#include "lull/snapshot/ordered_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace lull::snapshot {
namespace {

using Content = std::set<std::string, std::less<>>;
using Set = std::shared_ptr<const OrderedSet>;

Set empty(std::shared_ptr<MemoryAccount> account = nullptr) {
  return std::make_shared<OrderedSet>(std::move(account));
}

Set put_all(const Set& base, const Content& content) {
  std::vector<OrderedSet::Change> changes;
  for (const std::string& key : content) changes.push_back({key, false});
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
    cursor.next();
  }
  ASSERT_TRUE(cursor.done());
}

/// Keys that somebody chose so that none, or each, of them begins a leaf.
Content chosen(std::size_t count, bool boundaries) {
  Content out;
  for (std::size_t i = 0; out.size() < count; ++i) {
    const std::string key = std::to_string(i);
    if (Boundary::of(key).leaf == boundaries) out.insert(key);
  }
  return out;
}

TEST(OrderedSet, TellsKeysApartThatBeginAlike) {
  Content content = {"",
                     "p",
                     "pq",
                     "pqrs",
                     "pqrst",
                     "pqrsta",
                     "pqrstb",
                     "pqrstbc",
                     "q",
                     std::string("pqrs\0", 5),
                     std::string("pqrs\0\0", 6)};
  const Set set = put_all(empty(), content);
  expect_content(*set, content);
  for (const std::string& key : content) EXPECT_TRUE(set->contains(key));
  for (const char* key : {"o", "pqr", "pqrsu", "pqrstba", "r"}) {
    EXPECT_FALSE(set->contains(key)) << key;
  }
}

TEST(OrderedSet, SeeksTheFirstKeyThatIsNotLess) {
  Content content;
  for (int i = 10'000; i < 20'000; i += 2) content.insert(std::to_string(i));
  const Set set = put_all(empty(), content);
  for (int i = 10'000; i < 19'998; ++i) {
    ASSERT_EQ(set->seek(std::to_string(i)).key(), std::to_string(i + i % 2));
    ASSERT_EQ(set->seek(std::to_string(i) + "+").key(), std::to_string(i + 2 - i % 2));
  }
  EXPECT_EQ(set->seek("1").key(), "10000");
  EXPECT_EQ(set->seek("").key(), "10000");
  EXPECT_TRUE(set->seek("19998+").done());
  EXPECT_TRUE(set->seek("2").done());
  EXPECT_TRUE(empty()->seek("").done());
}

TEST(OrderedSet, APutOfWhatIsThereAndARemovalOfWhatIsNotChangeNothing) {
  const Content content = {"a", "b", "c"};
  const Set set = put_all(empty(), content);
  expect_content(*put_all(set, {"b"}), content);
  expect_content(*remove(set, "bb"), content);
  expect_content(*remove(empty(), "a"), {});
}

TEST(OrderedSet, KeysWithoutAnyBoundaryStayRight) {
  const Content content = chosen(9'000, false);
  Set set = put_all(empty(), content);
  expect_content(*set, content);
  // In pieces from the back gives the same shape as all at once.
  Set grown = empty();
  for (auto at = content.rbegin(); at != content.rend();) {
    Content piece;
    for (int i = 0; i < 50 && at != content.rend(); ++i, ++at) piece.insert(*at);
    grown = put_all(grown, piece);
  }
  EXPECT_EQ(grown->shape(), set->shape());
  Content rest = content;
  for (int i = 0; i < 300; ++i) {
    const std::string key = *rest.begin();
    rest.erase(rest.begin());
    set = remove(set, key);
  }
  expect_content(*set, rest);
  EXPECT_EQ(set->shape(), put_all(empty(), rest)->shape());
}

TEST(OrderedSet, KeysThatAllAreBoundariesStayRight) {
  const Content content = chosen(500, true);
  Set set = empty();
  for (const std::string& key : content) set = put_all(set, {key});
  expect_content(*set, content);
  EXPECT_EQ(set->shape(), put_all(empty(), content)->shape());
}

TEST(OrderedSet, LargeKeysHaveLeavesOfTheirOwn) {
  Content content = chosen(50, false);
  const std::string huge = "7" + std::string(3U << 20U, 'h');
  content.insert(huge);
  content.insert(huge + "h");
  const Set set = put_all(empty(), content);
  expect_content(*set, content);
  content.erase(huge);
  const Set smaller = remove(set, huge);
  expect_content(*smaller, content);
  EXPECT_EQ(smaller->shape(), put_all(empty(), content)->shape());
}

TEST(OrderedSet, RemovingAnyBoundaryGivesTheShapeWithoutIt) {
  Content content;
  for (int i = 0; i < 8'000; ++i) content.insert(std::to_string(i * 7));
  const Set set = put_all(empty(), content);
  std::size_t boundaries = 0;
  for (const std::string& key : content) {
    if (key != *content.begin() && !Boundary::of(key).leaf) continue;
    ++boundaries;
    Content rest = content;
    rest.erase(key);
    ASSERT_EQ(remove(set, key)->shape(), put_all(empty(), rest)->shape()) << key;
  }
  EXPECT_GT(boundaries, 20U);
}

TEST(OrderedSet, RemovingAGroupBoundaryJoinsGroups) {
  Content content;
  std::size_t groups = 0;
  for (int i = 0; groups < 3; ++i) {
    const std::string key = std::to_string(i);
    content.insert(key);
    if (Boundary::of(key).group) ++groups;
  }
  const Set set = put_all(empty(), content);
  expect_content(*set, content);
  for (const std::string& key : content) {
    if (!Boundary::of(key).group) continue;
    Content rest = content;
    rest.erase(key);
    const Set joined = remove(set, key);
    ASSERT_EQ(joined->shape(), put_all(empty(), rest)->shape()) << key;
    ASSERT_NO_FATAL_FAILURE(expect_content(*joined, rest));
    ASSERT_EQ(put_all(joined, {key})->shape(), set->shape());
  }
}

TEST(OrderedSet, ALeafBoundaryBehindARemovedGroupBoundaryJoinsTheGroupBefore) {
  Content content;
  std::string removed;
  for (int i = 10'000; removed.empty(); ++i) {
    const std::string key = std::to_string(i);
    content.insert(key);
    if (i > 10'100 && Boundary::of(key).group) removed = key;
  }
  for (int i = 0; *content.rbegin() == removed; ++i) {
    const std::string behind = removed + "-" + std::to_string(i);
    const Boundary boundary = Boundary::of(behind);
    if (boundary.leaf && !boundary.group) content.insert(behind);
  }
  const Set set = put_all(empty(), content);
  content.erase(removed);
  EXPECT_EQ(remove(set, removed)->shape(), put_all(empty(), content)->shape());
}

TEST(OrderedSet, RandomChangesGiveTheShapeOfTheContent) {
  std::mt19937_64 random(20261126);
  Content content;
  Set set = empty();
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, bool> wanted;
    for (int i = 0; i < 200; ++i) {
      wanted[std::to_string(random() % 20'000)] = random() % 3 == 0;
    }
    std::vector<OrderedSet::Change> changes;
    for (const auto& [key, removal] : wanted) {
      changes.push_back({key, removal});
      if (removal) content.erase(key);
      if (!removal) content.insert(key);
    }
    set = OrderedSet::apply(*set, changes);
  }
  expect_content(*set, content);
  EXPECT_EQ(set->shape(), put_all(empty(), content)->shape());
}

TEST(OrderedSet, ChargesEveryPart) {
  const auto account = std::make_shared<MemoryAccount>();
  Set set = empty(account);
  const std::uint64_t bare = account->bytes();
  Set full = put_all(set, chosen(1'000, false));
  EXPECT_GT(account->bytes(), bare);
  full.reset();
  EXPECT_EQ(account->bytes(), bare);
  set.reset();
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
