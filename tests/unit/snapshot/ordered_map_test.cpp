#include "lull/snapshot/ordered_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace lull::snapshot {
namespace {

using Content = std::map<std::string, std::string>;
using Map = std::shared_ptr<const OrderedMap>;

Map empty(std::shared_ptr<MemoryAccount> account = nullptr) {
  return std::make_shared<OrderedMap>(OrderedMap::Options{true, std::move(account)});
}

Map put_all(const Map& base, const Content& content) {
  std::vector<OrderedMap::Change> changes;
  for (const auto& [key, body] : content) changes.push_back({{key, {}, body}, false});
  return OrderedMap::apply(*base, changes);
}

Map remove(const Map& base, std::string_view key) {
  const std::vector<OrderedMap::Change> changes = {{{key, {}, {}}, true}};
  return OrderedMap::apply(*base, changes);
}

void expect_content(const OrderedMap& map, const Content& content) {
  ASSERT_EQ(map.size(), content.size());
  auto cursor = map.seek("");
  for (const auto& [key, body] : content) {
    ASSERT_FALSE(cursor.done());
    ASSERT_EQ(cursor.key(), key);
    ASSERT_EQ(cursor.entry().body, body);
    cursor.next();
  }
  ASSERT_TRUE(cursor.done());
}

/// Keys that somebody chose so that none, or each, of them begins a leaf.
Content chosen(std::size_t count, bool boundaries, std::size_t body_bytes = 1) {
  Content out;
  const std::string body(body_bytes, 'b');
  for (std::size_t i = 0; out.size() < count; ++i) {
    const std::string key = std::to_string(i);
    if (Boundary::of({key, {}, body}).leaf == boundaries) out.emplace(key, body);
  }
  return out;
}

TEST(KeyHeads, OrderLikeTheKeys) {
  EXPECT_LT(key_head("a"), key_head("b"));
  EXPECT_LT(key_head("a"), key_head("\xff"));
  EXPECT_LT(key_head("abc"), key_head("abcd"));
  EXPECT_EQ(key_head("abcd"), key_head("abcde"));
  EXPECT_EQ(key_head("a"), key_head(std::string_view("a\0", 2)));
  EXPECT_EQ(key_head(""), 0U);
}

TEST(OrderedMap, ResolvesKeysWithEqualHeads) {
  Content content;
  for (const char* key : {"", "p", "pq", "pqrs", "pqrst", "pqrsta", "pqrstb", "pqrstbc", "q"}) {
    content.emplace(key, key);
  }
  content.emplace(std::string("pqrs\0", 5), "nul");
  content.emplace(std::string("pqrs\0\0", 6), "nuls");
  const Map map = put_all(empty(), content);
  expect_content(*map, content);
  for (const auto& [key, body] : content) EXPECT_EQ(map->find(key)->body, body);
  for (const char* key : {"o", "pqr", "pqrsu", "pqrstba", "r"}) EXPECT_FALSE(map->find(key)) << key;
}

TEST(OrderedMap, SeeksTheFirstKeyThatIsNotLess) {
  Content content;
  for (int i = 10'000; i < 20'000; i += 2) content.emplace(std::to_string(i), "b");
  const Map map = put_all(empty(), content);
  for (int i = 10'000; i < 19'998; ++i) {
    ASSERT_EQ(map->seek(std::to_string(i)).key(), std::to_string(i + i % 2));
    ASSERT_EQ(map->seek(std::to_string(i) + "+").key(), std::to_string(i + 2 - i % 2));
  }
  EXPECT_EQ(map->seek("1").key(), "10000");
  EXPECT_EQ(map->seek("").key(), "10000");
  EXPECT_TRUE(map->seek("19998+").done());
  EXPECT_TRUE(map->seek("2").done());
  EXPECT_TRUE(empty()->seek("").done());
}

TEST(OrderedMap, KeysWithoutAnyBoundaryStayRight) {
  const Content content = chosen(2'500, false);
  Map map = put_all(empty(), content);
  expect_content(*map, content);
  for (const auto& [key, body] : content) ASSERT_TRUE(map->find(key));
  // One by one from the back gives the same shape as all at once.
  Map grown = empty();
  for (auto at = content.rbegin(); at != content.rend(); ++at) grown = put_all(grown, {*at});
  EXPECT_EQ(grown->content_hash(), map->content_hash());
  Content rest = content;
  for (int i = 0; i < 300; ++i) {
    const std::string key = rest.begin()->first;
    rest.erase(rest.begin());
    map = remove(map, key);
  }
  expect_content(*map, rest);
  EXPECT_EQ(map->content_hash(), put_all(empty(), rest)->content_hash());
}

TEST(OrderedMap, KeysThatAllAreBoundariesStayRight) {
  const Content content = chosen(500, true);
  Map map = empty();
  for (const auto& entry : content) map = put_all(map, {entry});
  expect_content(*map, content);
  EXPECT_EQ(map->content_hash(), put_all(empty(), content)->content_hash());
}

TEST(OrderedMap, LargeBodiesHaveLeavesOfTheirOwn) {
  Content content = chosen(50, false, 15'000);
  content.emplace("huge", std::string(3U << 20U, 'h'));
  const Map map = put_all(empty(), content);
  expect_content(*map, content);
  content["huge"] = "small now";
  const std::vector<OrderedMap::Change> changes = {{{"huge", {}, "small now"}, false}};
  const Map smaller = OrderedMap::apply(*map, changes);
  expect_content(*smaller, content);
  EXPECT_EQ(smaller->content_hash(), put_all(empty(), content)->content_hash());
  const std::string& first = content.begin()->first;
  EXPECT_EQ(smaller->find(first)->body.data(), map->find(first)->body.data()) << "not shared";
}

TEST(OrderedMap, RemovingAnyBoundaryGivesTheShapeWithoutIt) {
  Content content;
  for (int i = 0; i < 3'000; ++i) content.emplace(std::to_string(i * 7), "b");
  const Map map = put_all(empty(), content);
  std::size_t boundaries = 0;
  for (const auto& [key, body] : content) {
    if (key != content.begin()->first && !Boundary::of({key, {}, body}).leaf) continue;
    ++boundaries;
    Content rest = content;
    rest.erase(key);
    ASSERT_EQ(remove(map, key)->content_hash(), put_all(empty(), rest)->content_hash()) << key;
  }
  EXPECT_GT(boundaries, 20U);
}

TEST(OrderedMap, RemovingAGroupBoundaryJoinsGroups) {
  Content content;
  std::size_t groups = 0;
  for (int i = 0; groups < 3; ++i) {
    const std::string key = std::to_string(i);
    content.emplace(key, "b");
    if (Boundary::of({key, {}, "b"}).group) ++groups;
  }
  const Map map = put_all(empty(), content);
  expect_content(*map, content);
  for (const auto& [key, body] : content) {
    if (!Boundary::of({key, {}, body}).group) continue;
    Content rest = content;
    rest.erase(key);
    const Map joined = remove(map, key);
    ASSERT_EQ(joined->content_hash(), put_all(empty(), rest)->content_hash()) << key;
    ASSERT_NO_FATAL_FAILURE(expect_content(*joined, rest));
    ASSERT_EQ(put_all(joined, {{key, body}})->content_hash(), map->content_hash());
  }
}

TEST(OrderedMap, ALeafBoundaryBehindARemovedGroupBoundaryJoinsTheGroupBefore) {
  Content content;
  std::string removed;
  for (int i = 10'000; removed.empty(); ++i) {
    const std::string key = std::to_string(i);
    content.emplace(key, "b");
    if (i > 10'100 && Boundary::of({key, {}, "b"}).group) removed = key;
  }
  for (int i = 0; content.rbegin()->first == removed; ++i) {
    const std::string behind = removed + "-" + std::to_string(i);
    const Boundary boundary = Boundary::of({behind, {}, "b"});
    if (boundary.leaf && !boundary.group) content.emplace(behind, "b");
  }
  const Map map = put_all(empty(), content);
  content.erase(removed);
  EXPECT_EQ(remove(map, removed)->content_hash(), put_all(empty(), content)->content_hash());
}

TEST(OrderedMap, ChargesEveryPart) {
  const auto account = std::make_shared<MemoryAccount>();
  Map map = empty(account);
  const std::uint64_t bare = account->bytes();
  Map full = put_all(map, chosen(1'000, false));
  EXPECT_GT(account->bytes(), bare);
  full.reset();
  EXPECT_EQ(account->bytes(), bare);
  map.reset();
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
