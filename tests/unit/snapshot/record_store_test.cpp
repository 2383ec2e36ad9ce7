#include "lull/snapshot/record_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "crafted_keys.h"
#include "lull/base/key.h"
#include "table_support.h"

namespace lull::snapshot {
namespace {

using StorePtr = std::shared_ptr<const RecordStore>;
using Records = std::vector<std::pair<std::string, std::string>>;  // keys and JSON

class RecordStoreTest : public testing::Test {
 protected:
  ~RecordStoreTest() override {
    store_.reset();
    EXPECT_EQ(account_->bytes(), 0U);
  }

  static Result<StorePtr> put(const StorePtr& base, const Records& records) {
    std::vector<RecordStore::Change> changes;
    for (const auto& [key, json] : records) {
      changes.push_back({{key, {}, json}, false, base->find(key)});
    }
    return RecordStore::apply(base, changes);
  }
  static Result<StorePtr> remove(const StorePtr& base, const Records& records) {
    std::vector<RecordStore::Change> changes;
    for (const auto& [key, json] : records) {
      changes.push_back({{key, {}, {}}, true, base->find(key)});
    }
    return RecordStore::apply(base, changes);
  }
  static void expect_all(const RecordStore& store, const Records& records) {
    ASSERT_EQ(store.size(), records.size());
    for (const auto& [key, json] : records) {
      const auto found = store.find(key);
      ASSERT_TRUE(found);
      ASSERT_EQ(found->key, key);
      ASSERT_EQ(found->json, json);
    }
  }
  /// Puts them all, in some steps and in a random order, finds them and removes them again.
  void expect_come_and_go(Records records) {
    std::mt19937_64 engine(5);
    const Sha256 empty = store_->content_hash();
    std::ranges::shuffle(records, engine);
    const std::size_t step = records.size() / 3 + 1;
    for (std::size_t i = 0; i < records.size(); i += step) {
      const auto begin = records.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = begin + static_cast<std::ptrdiff_t>(std::min(step, records.size() - i));
      store_ = put(store_, {begin, end}).value();
    }
    ASSERT_NO_FATAL_FAILURE(expect_all(*store_, records));
    EXPECT_EQ(put(RecordStore::empty(nullptr), records).value()->content_hash(),
              store_->content_hash());
    std::ranges::shuffle(records, engine);
    const std::size_t half = records.size() / 2;
    const Records first(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(half));
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(half));
    store_ = remove(store_, first).value();
    ASSERT_NO_FATAL_FAILURE(expect_all(*store_, records));
    for (const auto& [key, json] : first) ASSERT_FALSE(store_->find(key));
    store_ = remove(store_, records).value();
    EXPECT_EQ(store_->size(), 0U);
    EXPECT_EQ(store_->content_hash(), empty);
    EXPECT_EQ(account_->bytes(), 0U);
  }

  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  StorePtr store_ = RecordStore::empty(account_);
};

Records colliding(std::size_t count) {
  Records out;
  for (std::string& key : crafted::colliding_keys(count, 0x0123'4567'89AB'CDEF)) {
    out.emplace_back(std::move(key), "{\"n\":" + std::to_string(out.size()) + "}");
  }
  return out;
}

Records numbered(std::size_t count, std::size_t first = 0) {
  Records out;
  for (std::size_t i = first; i < first + count; ++i) {
    out.emplace_back("SKU-" + std::to_string(i), "{\"n\":" + std::to_string(i) + "}");
  }
  return out;
}

TEST(CraftedKeys, AreWhatTheyShouldBe) {
  EXPECT_EQ(key_hash(crafted::key_with_hash(0xFEDC'BA98'7654'3210)), 0xFEDC'BA98'7654'3210U);
  std::set<std::string> different;
  for (const auto& [key, json] : colliding(300)) {
    EXPECT_EQ(key_hash(key), 0x0123'4567'89AB'CDEFU);
    different.insert(key);
  }
  EXPECT_EQ(different.size(), 300U);
}

TEST_F(RecordStoreTest, AsManyCollidingKeysAsAShardTakesAreFoundAndTheNextOneIsNot) {
  Records records = colliding(Shard::kRecordsMax + 1);
  const std::string other = records.back().first;
  records.pop_back();
  store_ = put(store_, records).value();
  EXPECT_FALSE(store_->find(other));
  store_ = remove(store_, records).value();
  expect_come_and_go(records);
}

TEST_F(RecordStoreTest, AFloodOfCollidingKeysIsRefusedAndLeavesTheBaseAsItWas) {
  const Records before = numbered(5'000);
  store_ = put(store_, before).value();
  const std::uint64_t bytes = account_->bytes();
  const Sha256 hash = store_->content_hash();
  Records flood = colliding(Shard::kRecordsMax + 1);
  const Records more = numbered(500, 5'000);
  flood.insert(flood.end(), more.begin(), more.end());
  const auto refused = put(store_, flood);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_EQ(account_->bytes(), bytes);
  EXPECT_EQ(store_->content_hash(), hash);
  ASSERT_NO_FATAL_FAILURE(expect_all(*store_, before));
  // One at a time they are refused at the same point.
  flood.resize(Shard::kRecordsMax + 1);
  const auto last = flood.back();
  flood.pop_back();
  StorePtr full = put(store_, flood).value();
  EXPECT_EQ(put(full, {last}).error().code, ErrorCode::kLimit);
  EXPECT_TRUE(put(full, {{"another", "{}"}}));
  full.reset();
  EXPECT_EQ(account_->bytes(), bytes);
}

TEST_F(RecordStoreTest, ATableRefusesAFloodToo) {
  std::vector<RecordChange> changes;
  Records flood = colliding(Shard::kRecordsMax + 1);
  std::ranges::sort(flood);
  for (const auto& [key, json] : flood) {
    changes.push_back(snapshot::put(key, json, {"w"}));
  }
  const auto base =
      changed(TableBuilder::empty({{"w"}}, account_), {snapshot::put("a", "{}", {"x"})});
  const std::uint64_t bytes = account_->bytes();
  const auto refused = TableBuilder::apply(base, changes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_EQ(account_->bytes(), bytes);
  EXPECT_EQ(base->find("a")->json, "{}");
}

TEST_F(RecordStoreTest, KeysWhoseHashesBeginAlikeOnlyMakeTheDirectoryDeeper) {
  for (const unsigned shared : {16U, 24U, 32U, 48U}) {
    Records records;
    std::mt19937_64 engine(shared);
    for (int i = 0; i < 3'000; ++i) {
      const std::uint64_t hash = 0xABCD'EF01'2345'6789 ^ (engine() >> shared);
      records.emplace_back(crafted::key_with_hash(hash), "{}");
    }
    std::ranges::sort(records);
    const auto repeated = std::ranges::unique(records);
    records.erase(repeated.begin(), repeated.end());
    ASSERT_NO_FATAL_FAILURE(expect_come_and_go(records)) << shared;
  }
}

TEST_F(RecordStoreTest, KeysOfOneFingerprintAndGroupOnlyMakeTheSearchLonger) {
  Records records;
  for (std::uint64_t i = 0; i < Shard::kRecordsMax; ++i) {
    records.emplace_back(crafted::key_with_hash(((i * 0x9E37'79B9) << 32U) | 0xFFFF'FF42U), "{}");
  }
  expect_come_and_go(records);
}

TEST_F(RecordStoreTest, KeysOfAllLengths) {
  Records records;
  for (int byte = 0; byte < 256; ++byte) {
    records.emplace_back(std::string(1, static_cast<char>(byte)), "{}");
    std::string longest(kKeyBytesMax, 'k');
    longest[static_cast<std::size_t>(byte) * 4] = static_cast<char>(byte);
    if (byte != 'k') records.emplace_back(std::move(longest), std::to_string(byte));
  }
  for (std::size_t size = 2; size < kKeyBytesMax; size += 7) {
    records.emplace_back(std::string(size, 'x'), "{}");
  }
  expect_come_and_go(records);
}

TEST_F(RecordStoreTest, ValuesOfAllSizes) {
  constexpr std::size_t kInline = kInlineBytesMax;
  Records records;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{127}, std::size_t{128}, kInline - 1, kInline,
        kInline + 1, std::size_t{65'536}, std::size_t{1U << 20U}}) {
    for (int i = 0; i < 5; ++i) {
      records.emplace_back(std::to_string(size) + "/" + std::to_string(i),
                           std::string(size, static_cast<char>('a' + i)));
    }
  }
  expect_come_and_go(records);
}

TEST_F(RecordStoreTest, AttributesThatAreMuchLongerThanTheJsonStillFitBesideIt) {
  // So many declared indexes that a record lacks: four bytes of attributes each, none of JSON.
  for (const std::size_t size : {std::size_t{700}, std::size_t{1'000}, std::size_t{1'022}}) {
    const std::string attributes(size, 'a');
    const Records records = numbered(Shard::kRecordsMax);
    std::vector<RecordStore::Change> changes;
    for (const auto& [key, json] : records) {
      changes.push_back({{key, attributes, "{}"}, false, store_->find(key)});
    }
    store_ = RecordStore::apply(store_, changes).value();
    for (const auto& [key, json] : records) {
      EXPECT_EQ(store_->find(key), (StoredRecord{key, attributes, "{}"}));
    }
  }
}

TEST_F(RecordStoreTest, AValueThatGrowsAndShrinksOverTheInlineBorderFreesItsBlock) {
  const Records small = {{"a", std::string(kInlineBytesMax, 's')}, {"b", "{}"}};
  store_ = put(store_, small).value();
  const std::uint64_t bytes = account_->bytes();
  const Sha256 hash = store_->content_hash();
  for (int i = 0; i < 5; ++i) {
    store_ = put(store_, {{"a", std::string(kInlineBytesMax + 1, 'l')}}).value();
    EXPECT_NE(account_->bytes(), bytes);
    store_ = put(store_, {small.front()}).value();
    EXPECT_EQ(account_->bytes(), bytes);
    EXPECT_EQ(store_->content_hash(), hash);
  }
}

TEST_F(RecordStoreTest, AsManyRemovalsAsInsertsEndWithTheMemoryOfTheBeginning) {
#if defined(NDEBUG)
  constexpr std::size_t kRecords = 1'000'000;
#else
  constexpr std::size_t kRecords = 100'000;
#endif
  constexpr std::size_t kStep = kRecords / 20;
  const Records before = numbered(1'000, kRecords);
  store_ = put(store_, before).value();
  const std::uint64_t bytes = account_->bytes();
  const Sha256 hash = store_->content_hash();
  for (std::size_t i = 0; i < kRecords; i += kStep) {
    store_ = put(store_, numbered(kStep, i)).value();
  }
  EXPECT_EQ(store_->size(), kRecords + before.size());
  for (std::size_t i = 0; i < kRecords; i += kStep) {
    store_ = remove(store_, numbered(kStep, i)).value();
  }
  ASSERT_NO_FATAL_FAILURE(expect_all(*store_, before));
  EXPECT_EQ(account_->bytes(), bytes);
  EXPECT_EQ(store_->content_hash(), hash);
}

}  // namespace
}  // namespace lull::snapshot
