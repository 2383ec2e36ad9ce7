#include "lull/snapshot/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <random>
#include <string>

#include "lull/base/key.h"
#include "table_support.h"

namespace lull::snapshot {
namespace {

std::shared_ptr<const Table> empty(std::vector<std::string> indexes = {},
                                   std::shared_ptr<MemoryAccount> account = nullptr) {
  return TableBuilder::empty({std::move(indexes)}, std::move(account));
}

std::vector<RecordChange> numbered(std::size_t count, std::size_t value_bytes = 20) {
  std::vector<RecordChange> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string digits = std::to_string(i);
    out.push_back(put("SKU-" + std::string(7 - digits.size(), '0') + digits,
                      "{\"v\":\"" + std::string(value_bytes, 'x') + "\"}",
                      {"w" + std::to_string(i % 7)}, static_cast<std::int64_t>(i)));
  }
  return out;
}

TEST(Table, AnEmptyOneHasNothing) {
  const auto table = empty({"w"});
  EXPECT_EQ(table->size(), 0U);
  EXPECT_FALSE(table->find("a"));
  EXPECT_FALSE(table->find(""));
  EXPECT_EQ(table->layout().indexes, std::vector<std::string>{"w"});
  PageEnd end;
  EXPECT_TRUE(keys(*table, {}, &end).empty());
  EXPECT_FALSE(end.resume_after);
}

TEST(Table, FindsWhatWasPut) {
  const auto table =
      changed(empty(), {put("a", "{\"n\":1}", {}, 5), put("b", ""), put("c", "{}", {}, 0)});
  EXPECT_EQ(table->size(), 3U);
  EXPECT_EQ(table->find("a")->json, "{\"n\":1}");
  EXPECT_EQ(table->find("a")->key, "a");
  EXPECT_EQ(table->find("a")->quantity, 5);
  EXPECT_EQ(table->find("b")->json, "");
  EXPECT_EQ(table->find("b")->quantity, std::nullopt);
  EXPECT_EQ(table->find("c")->quantity, 0);
  for (const char* key : {"", "A", "aa", "ab", "d", "b "}) EXPECT_FALSE(table->find(key)) << key;
}

TEST(Table, KeepsQuantitiesExactly) {
  using Limits = std::numeric_limits<std::int64_t>;
  const auto table =
      changed(empty(), {put("max", "{}", {}, Limits::max()), put("min", "{}", {}, Limits::min()),
                        put("neg", "{}", {}, -1)});
  EXPECT_EQ(table->find("max")->quantity, Limits::max());
  EXPECT_EQ(table->find("min")->quantity, Limits::min());
  EXPECT_EQ(table->find("neg")->quantity, -1);
}

TEST(Table, TakesTheShortestAndLongestKeysAndAnyValueSize) {
  const std::string longest(kKeyBytesMax, 'k');
  std::string almost = longest;
  almost.back() = 'j';
  const std::string large(5U << 20U, 'v');
  const auto table =
      changed(empty({"w"}), {put("a", "", {""}), put(almost, "{}", {large}),
                             put(longest, large, {std::nullopt}), put("z", "{}", {"w"})});
  EXPECT_EQ(table->find("a")->json, "");
  EXPECT_EQ(table->find(almost)->json, "{}");
  EXPECT_EQ(table->find(longest)->json, large);
  EXPECT_FALSE(table->find(longest + "k"));
  EXPECT_FALSE(table->find(longest.substr(1)));
  const std::vector<PageRequest::Where> where = {{"w", large}};
  PageRequest request;
  request.where = where;
  EXPECT_EQ(keys(*table, request), std::vector<std::string>{almost});
}

TEST(Table, FindsEveryOfManyAndNothingBetween) {
  const auto changes = numbered(20'000);
  const auto table = changed(empty({"w"}), changes);
  ASSERT_EQ(table->size(), changes.size());
  for (const RecordChange& change : changes) {
    const auto found = table->find(change.key);
    ASSERT_TRUE(found) << change.key;
    ASSERT_EQ(found->quantity, change.record->quantity);
    ASSERT_FALSE(table->find(change.key + "-")) << change.key;
    ASSERT_FALSE(table->find(change.key.substr(0, change.key.size() - 1))) << change.key;
  }
}

TEST(Table, AChangeLeavesTheBaseAlone) {
  const auto base = changed(empty({"w"}), numbered(1'000));
  const Sha256 hash = base->content_hash();
  const auto next =
      changed(base, {put("SKU-0000005", "{\"new\":1}", {"w9"}, 1), removal("SKU-0000700"),
                     put("SKU-0000999x", "{}", {std::nullopt})});
  EXPECT_EQ(next->size(), 1'000U);
  EXPECT_EQ(next->find("SKU-0000005")->json, "{\"new\":1}");
  EXPECT_FALSE(next->find("SKU-0000700"));
  EXPECT_TRUE(next->find("SKU-0000999x"));
  EXPECT_NE(base->find("SKU-0000005")->json, "{\"new\":1}");
  EXPECT_TRUE(base->find("SKU-0000700"));
  EXPECT_FALSE(base->find("SKU-0000999x"));
  EXPECT_EQ(base->content_hash(), hash);
}

TEST(Table, WhatChangesNothingYieldsTheBase) {
  const auto base = changed(empty({"w"}), numbered(500));
  EXPECT_EQ(changed(base, {}), base);
  EXPECT_EQ(changed(base, {numbered(7).back()}), base);
  EXPECT_EQ(changed(base, {removal("absent")}), base);
}

TEST(Table, RemovingEverythingYieldsTheEmptyTable) {
  std::vector<RecordChange> changes = numbered(3'000);
  const auto full = changed(empty({"w"}), changes);
  for (RecordChange& change : changes) change.record.reset();
  const auto none = changed(full, changes);
  EXPECT_EQ(none->size(), 0U);
  EXPECT_EQ(none->content_hash(), empty({"w"})->content_hash());
  EXPECT_TRUE(keys(*none, {}).empty());
  const std::vector<PageRequest::Where> where = {{"w", "w1"}};
  PageRequest request;
  request.where = where;
  EXPECT_TRUE(keys(*none, request).empty());
}

TEST(Table, EqualContentHasEqualHashWhateverThePath) {
  std::mt19937_64 random(7);
  const std::vector<RecordChange> content = numbered(5'000);
  const auto direct = changed(empty({"w"}), content);
  for (int round = 0; round < 5; ++round) {
    std::vector<RecordChange> shuffled = content;
    std::ranges::shuffle(shuffled, random);
    auto table = empty({"w"});
    for (std::size_t begin = 0; begin < shuffled.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 700, shuffled.size() - begin);
      std::vector<RecordChange> batch(shuffled.begin() + static_cast<std::ptrdiff_t>(begin),
                                      shuffled.begin() + static_cast<std::ptrdiff_t>(begin + size));
      // Something that does not stay, on the way.
      batch.push_back(put("SKU-0" + std::to_string(random() % 5000) + "!", "{}", {"w1"}));
      std::ranges::sort(batch, {}, &RecordChange::key);
      table = changed(table, batch);
      const auto passing =
          std::ranges::find_if(batch, [](const RecordChange& c) { return c.key.back() == '!'; });
      table = changed(table, {removal(passing->key)});
      begin += size;
    }
    ASSERT_EQ(table->size(), direct->size());
    EXPECT_EQ(table->content_hash(), direct->content_hash()) << "round " << round;
  }
}

TEST(Table, TheHashCoversKeysAndJsonButNotIndexes) {
  const Sha256 hash = changed(empty(), {put("a", "bc")})->content_hash();
  EXPECT_NE(hash, changed(empty(), {put("ab", "c")})->content_hash());
  EXPECT_NE(hash, changed(empty(), {put("a", "bd")})->content_hash());
  EXPECT_EQ(hash, changed(empty({"w"}), {put("a", "bc", {"v"}, 3)})->content_hash())
      << "what is derived from the record is not data of its own";
}

TEST(Table, AChangeSharesTheBytesOfOtherLeaves) {
  const auto account = std::make_shared<MemoryAccount>();
  const auto base = changed(empty({"w"}, account), numbered(50'000, 100));
  const std::uint64_t alone = account->bytes();
  EXPECT_GT(alone, 50'000U * 100U);
  const auto next = changed(base, {put("SKU-0025000", "{\"other\":true}", {"w1"})});
  EXPECT_LT(account->bytes() - alone, alone / 20) << "one change copies a small part";
  EXPECT_EQ(base->find("SKU-0000001")->json.data(), next->find("SKU-0000001")->json.data());
}

TEST(Table, MemoryReturnsToWhereItStarted) {
  const auto account = std::make_shared<MemoryAccount>();
  {
    auto table = changed(empty({"w"}, account), numbered(3'000));
    for (int i = 0; i < 20; ++i)
      table = changed(table, {removal("SKU-000" + std::to_string(1000 + i))});
    EXPECT_GT(account->bytes(), 0U);
  }
  EXPECT_EQ(account->bytes(), 0U);
}

TEST(Table, AReceiverThatChangesItsCopyChangesNothing) {
  std::vector<RecordChange> changes = {put("a", "{\"v\":1}", {"w"})};
  const auto table = changed(empty({"w"}), changes);
  changes[0].record->json.assign("changed by the caller");
  changes[0].key = "z";
  const auto record = table->find("a");
  std::string copy(record->json);
  copy[0] = '!';
  PageEnd end;
  (void)table->page({}, [](const RecordView& view) {
    RecordView own = view;
    own.json = "changed by the receiver";
  });
  EXPECT_EQ(table->find("a")->json, "{\"v\":1}");
}

#ifndef NDEBUG
TEST(TableDeathTest, UnsortedOrRepeatedChangesAreABugOfTheCaller) {
  const auto table = empty();
  EXPECT_DEATH((void)changed(table, {put("b", "{}"), put("a", "{}")}), "well_formed");
  EXPECT_DEATH((void)changed(table, {put("a", "{}"), put("a", "{}")}), "well_formed");
  EXPECT_DEATH((void)changed(table, {put("a", "{}", {"one too many"})}), "well_formed");
}
#endif

TEST(Table, BuiltInPartsIsTheSameTable) {
  const auto account = std::make_shared<MemoryAccount>();
  auto base = TableBuilder::empty({{"colour"}}, account);
  std::vector<RecordChange> first;
  for (int i = 0; i < 3000; ++i) {
    first.push_back(put("k" + std::to_string(i), "{}", {"c" + std::to_string(i % 3)}, i));
  }
  std::ranges::sort(first, {}, &RecordChange::key);
  base = changed(base, first);
  std::vector<RecordChange> second;
  for (int i = 1000; i < 5000; ++i) {
    const std::string key = "k" + std::to_string(i);
    second.push_back(i % 5 == 0 ? removal(key) : put(key, "[]", {"c" + std::to_string(i % 4)}, i));
  }
  std::ranges::sort(second, {}, &RecordChange::key);
  const auto whole = changed(base, second);

  for (const std::size_t parts : {1U, 8U, 256U}) {
    TableBuilder builder(base, second.size());
    for (std::size_t part = 0; part < parts; ++part) {
      std::deque<std::string> attributes;  // only as long as the part
      std::vector<RecordStore::Change> changes;
      for (const RecordChange& change : second) {
        if (TableBuilder::part_of(change.key, parts) != part) continue;
        const auto before = base->records().find(change.key);
        StoredRecord after{change.key, {}, {}};
        if (change.record) {
          append_attributes(attributes.emplace_back(), change.record->quantity,
                            change.record->index_values);
          after.attributes = attributes.back();
          after.json = change.record->json;
        } else if (!before) {
          continue;
        }
        changes.push_back({after, !change.record, before});
      }
      ASSERT_TRUE(builder.put(changes));
    }
    const auto built = builder.finish();
    EXPECT_EQ(built->content_hash(), whole->content_hash());
    EXPECT_EQ(built->size(), whole->size());
    PageRequest request;
    request.limit = 10'000;
    EXPECT_EQ(keys(*built, request), keys(*whole, request));
    const PageRequest::Where where[] = {{"colour", "c3"}};
    request.where = where;
    EXPECT_EQ(keys(*built, request), keys(*whole, request));
  }
  EXPECT_EQ(TableBuilder(base).finish(), base);
}

}  // namespace
}  // namespace lull::snapshot
