#include "lull/snapshot/lineage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "lull/snapshot/record_store.h"

namespace lull::snapshot {
namespace {

std::vector<Node> nodes_born(const std::vector<std::uint64_t>& births) {
  std::vector<Node> out(births.size());
  for (std::size_t i = 0; i < births.size(); ++i) out[i].born = births[i];
  return out;
}

std::vector<std::uint64_t> taken(BirthHeap& heap) {
  std::vector<std::uint64_t> out;
  while (heap.top() != nullptr) {
    const std::uint64_t top = heap.top()->born;
    out.push_back(heap.take()->born);
    EXPECT_EQ(out.back(), top);
  }
  return out;
}

TEST(BirthHeap, GivesTheYoungestFirst) {
  std::mt19937_64 engine(7);
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<std::uint64_t> births(size);
    for (std::uint64_t& born : births) born = engine() % 20;
    const std::vector<Node> nodes = nodes_born(births);
    BirthHeap heap;
    for (const Node& node : nodes) heap.add(&node);
    std::ranges::sort(births, std::greater());
    EXPECT_EQ(taken(heap), births);
  }
}

TEST(BirthHeap, KeepsItsOrderThroughMeldsAndTakesInBetween) {
  std::mt19937_64 engine(8);
  std::vector<std::uint64_t> births(5'000);
  for (std::uint64_t& born : births) born = engine() % 1'000;
  const std::vector<Node> nodes = nodes_born(births);
  std::vector<BirthHeap> heaps(10);
  std::vector<std::vector<std::uint64_t>> expected(heaps.size());
  for (const Node& node : nodes) {
    const std::size_t at = engine() % heaps.size();
    heaps[at].add(&node);
    expected[at].push_back(node.born);
    const std::size_t from = engine() % heaps.size();
    if (engine() % 50 == 0 && from != at) {
      heaps[at].meld(heaps[from]);
      EXPECT_EQ(heaps[from].top(), nullptr);
      expected[at].insert(expected[at].end(), expected[from].begin(), expected[from].end());
      expected[from].clear();
    }
    if (engine() % 3 == 0) {
      const auto youngest = std::ranges::max_element(expected[at]);
      EXPECT_EQ(heaps[at].take()->born, *youngest);
      expected[at].erase(youngest);
    }
  }
  for (std::size_t i = 0; i < heaps.size(); ++i) {
    std::ranges::sort(expected[i], std::greater());
    EXPECT_EQ(taken(heaps[i]), expected[i]);
  }
}

TEST(BirthHeap, TakesAMillionWithoutRecursion) {
  std::vector<std::uint64_t> births(1'000'000);
  for (std::size_t i = 0; i < births.size(); ++i) births[i] = i;
  const std::vector<Node> nodes = nodes_born(births);
  BirthHeap heap;
  for (const Node& node : nodes) heap.add(&node);
  std::ranges::reverse(births);
  EXPECT_EQ(taken(heap), births);
}

class LineageTest : public testing::Test {
 protected:
  using StorePtr = std::shared_ptr<const RecordStore>;

  StorePtr changed(const StorePtr& base) {
    std::vector<std::string> bytes;
    const std::size_t count = engine_() % 20 == 0 ? 1 + engine_() % 400 : 1;
    for (std::size_t i = 0; i < count; ++i)
      bytes.push_back("SKU-" + std::to_string(engine_() % 2'000));
    std::ranges::sort(bytes);
    const auto repeated = std::ranges::unique(bytes);
    bytes.erase(repeated.begin(), repeated.end());
    const std::string large(2'000, 'l');
    std::vector<RecordStore::Change> changes;
    for (const std::string& key : bytes) {
      const auto before = base->find(key);
      if (before && engine_() % 3 == 0) {
        changes.push_back({{key, {}, {}}, true, before});
      } else {
        const std::string_view json(large.data(), engine_() % 8 == 0 ? 2'000 : 1 + engine_() % 40);
        if (!before || before->json != json) changes.push_back({{key, {}, json}, false, before});
      }
    }
    return RecordStore::apply(base, changes).value();
  }
  /// Of a store with this content that has no history.
  static std::uint64_t bytes_alone(const RecordStore& store) {
    std::vector<RecordStore::Change> all;
    store.for_each_shard([&](const Shard& shard) {
      shard.for_each([&](const StoredRecord& record, const LargeValue*) {
        all.push_back({record, false, {}});
      });
    });
    const auto account = std::make_shared<MemoryAccount>();
    const auto alone = RecordStore::apply(RecordStore::empty(account), all).value();
    EXPECT_EQ(alone->content_hash(), store.content_hash());
    return account->bytes();
  }

  std::mt19937_64 engine_{11};
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
};

TEST_F(LineageTest, WhicheverVersionsDieTheLastOneHoldsWhatItNeedsAndNoMore) {
  for (int round = 0; round < 60; ++round) {
    std::vector<StorePtr> alive = {RecordStore::empty(account_)};
    for (int i = 0; i < 60; ++i) {
      alive.push_back(changed(alive.back()));
      while (alive.size() > 1 && engine_() % 2 == 0) {  // any but the latest
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(engine_() % (alive.size() - 1)));
      }
      if (engine_() % 8 == 0 && alive.size() > 1) alive.pop_back();  // or the latest itself
    }
    while (alive.size() > 1) {
      alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(engine_() % alive.size()));
    }
    ASSERT_EQ(account_->bytes(), bytes_alone(*alive.front())) << "round " << round;
    alive.clear();
    ASSERT_EQ(account_->bytes(), 0U) << "round " << round;
  }
}

TEST_F(LineageTest, ASecondSuccessorIsACopyOfItsOwn) {
  const StorePtr base = changed(changed(RecordStore::empty(account_)));
  const std::uint64_t before = account_->bytes();
  StorePtr first = changed(base);
  StorePtr second = changed(base);
  EXPECT_GE(account_->bytes(), 2 * before);
  first.reset();
  const std::uint64_t bytes = bytes_alone(*second);
  EXPECT_EQ(account_->bytes(), before + bytes);
  second.reset();
  EXPECT_EQ(account_->bytes(), before);
}

TEST_F(LineageTest, OfTwoChangesAtOnceOneBeginsAndTheOtherHasChangedNothing) {
  Lineage lineage(account_);
  Lineage::Work root;
  root.version = lineage.next_version(0);
  ASSERT_TRUE(lineage.begin(root, 0));
  Lineage::Work one;
  Lineage::Work two;
  one.version = two.version = lineage.next_version(1);
  EXPECT_EQ(one.version, 2U);
  two.made.push_back(LargeValue::make({}, "{}", 2));
  ASSERT_TRUE(lineage.begin(one, 1));
  EXPECT_FALSE(lineage.begin(two, 1));
  EXPECT_EQ(account_->bytes(), 0U);
  EXPECT_EQ(lineage.next_version(1), 0U) << "a later one lives";
  lineage.end(1, {});
  lineage.end(2, {});
}

}  // namespace
}  // namespace lull::snapshot
