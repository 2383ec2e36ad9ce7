#include "lull/snapshot/stored_shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "table_support.h"

namespace lull::snapshot {
namespace {

using TablePtr = std::shared_ptr<const Table>;

RecordChange article(int number, const std::string& note = "") {
  const std::string key = "SKU-" + std::to_string(number);
  std::string json = R"({"n":)" + std::to_string(number);
  if (!note.empty()) json += R"(,"note":")" + note + '"';
  json += '}';
  std::optional<std::string> warehouse;
  if (number % 5 != 0) warehouse = "w" + std::to_string(number % 3);
  std::optional<std::int64_t> quantity;
  if (number % 7 != 0) quantity = number - 3;
  return put(key, json, {warehouse, note}, quantity);
}

TablePtr empty_table(std::shared_ptr<MemoryAccount> account) {
  return TableBuilder::empty({{"warehouse", "note"}}, std::move(account));
}

TablePtr with(const TablePtr& base, std::map<int, RecordChange> changes) {
  std::vector<RecordChange> list;
  for (auto& [number, change] : changes) list.push_back(std::move(change));
  std::ranges::sort(list, {}, &RecordChange::key);
  return changed(base, list);
}

TablePtr articles(int count, std::shared_ptr<MemoryAccount> account, int long_every = 50) {
  std::map<int, RecordChange> changes;
  for (int i = 0; i < count; ++i) {
    const std::size_t bytes = i % long_every == 0 ? 3000 : static_cast<std::size_t>(i % 20);
    changes.emplace(i, article(i, std::string(bytes, 'x')));
  }
  return with(empty_table(std::move(account)), std::move(changes));
}

std::vector<std::string> stored(const Table& table) {
  std::vector<std::string> out;
  table.records().for_each_shard(
      [&](const Shard& shard) { append_stored_shard(out.emplace_back(), shard, 2); });
  return out;
}

Result<TablePtr> restored(const std::vector<std::string>& shards,
                          std::shared_ptr<MemoryAccount> account) {
  std::vector<StoredRecord> records;
  for (const std::string& bytes : shards) {
    const auto shard = read_stored_shard(bytes);
    if (!shard) return tl::make_unexpected(shard.error());
    records.insert(records.end(), shard->records.begin(), shard->records.end());
  }
  return TableBuilder::restore({{"warehouse", "note"}}, records, std::move(account));
}

TEST(StoredShard, ATableComesBackAsItWas) {
  const auto account = std::make_shared<MemoryAccount>();
  {
    const TablePtr table = articles(3000, account);
    const auto back = restored(stored(*table), account);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ((*back)->content_hash(), table->content_hash());
    ASSERT_EQ((*back)->size(), table->size());
    PageRequest page;
    page.limit = 5000;
    EXPECT_EQ(keys(**back, page), keys(*table, page));
    const PageRequest::Where where[] = {{"warehouse", "w1"}};
    page.where = where;
    EXPECT_EQ(keys(**back, page), keys(*table, page));
    for (int i = 0; i < 3000; ++i) {
      const std::string key = "SKU-" + std::to_string(i);
      EXPECT_EQ((*back)->find(key)->json, table->find(key)->json);
      EXPECT_EQ((*back)->find(key)->quantity, table->find(key)->quantity);
    }
    // And it goes on as any table: the same change gives the same content.
    const std::vector<RecordChange> change = {article(7, "changed")};
    EXPECT_EQ(changed(*back, change)->content_hash(), changed(table, change)->content_hash());
  }
  EXPECT_EQ(account->bytes(), 0U);
}

TEST(StoredShard, NoRecordsAreAnEmptyTable) {
  const auto account = std::make_shared<MemoryAccount>();
  EXPECT_EQ(restored({}, account).value()->content_hash(), empty_table(account)->content_hash());
}

TEST(StoredShard, EveryTruncationIsRefused) {
  const auto account = std::make_shared<MemoryAccount>();
  for (const std::string& bytes : stored(*articles(40, account))) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // Of its own size, so that a sanitiser sees any look beyond the end.
      const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(read_stored_shard({cut.data(), cut.size()})) << size;
    }
    EXPECT_FALSE(read_stored_shard(bytes + '\0')) << "bytes after the last record";
  }
}

/// Without a checksum in front of it, which a test of the file looks at: what is not refused must
/// be read whole, and be fit for a table.
TEST(StoredShard, EveryFlippedBitIsRefusedOrStillARecord) {
  const auto account = std::make_shared<MemoryAccount>();
  const auto shards = stored(*articles(25, account, 1000));
  ASSERT_FALSE(shards.empty());
  std::size_t refused = 0;
  for (const std::string& bytes : shards) {
    for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
      std::vector<char> flipped(bytes.begin(), bytes.end());
      flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
      const auto shard = read_stored_shard({flipped.data(), flipped.size()});
      if (!shard) {
        EXPECT_NE(shard.error().message.find("a stored shard "), std::string::npos);
        ++refused;
        continue;
      }
      if (shard->indexes != 2) continue;  // who builds the table compares it with its layout
      const auto table = TableBuilder::restore({{"warehouse", "note"}}, shard->records, account);
      ASSERT_TRUE(table) << table.error().text();
      EXPECT_EQ((*table)->size(), shard->records.size());
    }
  }
  EXPECT_GT(refused, 0U);
}

std::string record_bytes(std::string_view key, std::string_view attributes, std::string_view json) {
  std::string out;
  for (const auto part : {key, attributes, json}) out += static_cast<char>(part.size());
  for (const auto part : {key, attributes, json}) out += part;
  return out;
}

TEST(StoredShard, HostileSizesAreRefused) {
  const std::string head = "LSh1";
  const std::string_view attributes("\0\0\0\0\1w", 6);
  const std::string good = head + "\x01\x01" + record_bytes("a", attributes, "{}");
  ASSERT_TRUE(read_stored_shard(good)) << read_stored_shard(good).error().text();
  const auto refused = [](const std::string& bytes) {
    const std::vector<char> exact(bytes.begin(), bytes.end());
    EXPECT_FALSE(read_stored_shard({exact.data(), exact.size()})) << testing::PrintToString(bytes);
  };
  refused("");
  refused("LSh2" + good.substr(4));
  refused(head + "\x01" + std::string(1, '\0'));                     // no records
  refused(head + "\x01\x41" + record_bytes("a", attributes, "{}"));  // more than a shard takes
  refused(head + "\xFF\xFF\xFF\xFF\x0F\x01" + record_bytes("a", attributes, "{}"));
  for (const std::string size : {"\xFF\xFF\xFF\xFF\x0F", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
                                 "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "\x81"}) {
    for (int place = 0; place < 3; ++place) {
      std::string bytes = head + "\x01\x01";
      for (int i = 0; i < 3; ++i) bytes += i == place ? size : "\x01";
      refused(bytes + "aaaa");
    }
  }
  refused(head + "\x01\x01" + std::string("\x81\x00", 2) + "\x06\x02" + "a" +
          std::string(attributes) + "{}");                                   // a size too long
  refused(head + "\x01\x01" + record_bytes("", attributes, "{}"));           // no key
  refused(head + "\x01\x01" + record_bytes("a/../b", attributes, "{}"));     // none allowed
  refused(head + "\x01\x01" + record_bytes("a", attributes, ""));            // no JSON
  refused(head + "\x01\x01" + record_bytes("a", "", "{}"));                  // no attributes
  refused(head + "\x01\x01" + record_bytes("a", {"\2\0\0\0\1w", 6}, "{}"));  // unknown flag
  refused(head + "\x01\x01" + record_bytes("a", {"\1\0\0\0\1w", 6}, "{}"));  // half a quantity
  refused(head + "\x01\x01" + record_bytes("a", {"\0\0\0\0\2w", 6}, "{}"));  // beyond its end
  refused(head + "\x01\x01" + record_bytes("a", {"\0\xFF\xFF\xFF\xFEw", 6}, "{}"));
  refused(head + "\x01\x01" + record_bytes("a", {"\0\0\0\0\1ww", 7}, "{}"));  // more than its own
  const std::string one = record_bytes("a", attributes, "{}");
  refused(head + "\x01\x02" + one + one);  // twice, so not in order
}

TEST(StoredShard, AKeyTwiceInTwoShardsIsNoTable) {
  const auto account = std::make_shared<MemoryAccount>();
  auto shards = stored(*articles(10, account));
  shards.push_back(shards.front());
  const auto table = restored(shards, account);
  ASSERT_FALSE(table);
  EXPECT_NE(table.error().message.find("stands there twice"), std::string::npos);
}

class DiffShards : public testing::Test {
 protected:
  using Set = std::set<std::string>;
  static Set contents(const Table& table) {
    const auto list = stored(table);
    return {list.begin(), list.end()};
  }
  /// What the difference makes of the older table's shards is the newer one's.
  static std::size_t expect_diff(const Table& older, const Table& newer) {
    const auto diff = newer.records().diff_shards(older.records());
    Set shards = contents(older);
    const auto bytes = [](const Shard* shard) {
      std::string out;
      append_stored_shard(out, *shard, 2);
      return out;
    };
    for (const Shard* shard : diff.removed) EXPECT_EQ(shards.erase(bytes(shard)), 1U);
    for (const Shard* shard : diff.added) EXPECT_TRUE(shards.insert(bytes(shard)).second);
    EXPECT_EQ(shards, contents(newer));
    return diff.added.size() + diff.removed.size();
  }
  const std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
};

TEST_F(DiffShards, IsWhatChanged) {
  const TablePtr none = empty_table(account_);
  const TablePtr table = articles(5000, account_);
  EXPECT_EQ(expect_diff(*table, *table), 0U);
  EXPECT_EQ(expect_diff(*table, *articles(5000, account_)), 0U) << "equal, of another lineage";
  EXPECT_EQ(expect_diff(*none, *table), contents(*table).size());
  EXPECT_EQ(expect_diff(*table, *none), contents(*table).size());
  const TablePtr next = with(table, {{17, article(17, "new")}});
  EXPECT_EQ(expect_diff(*table, *next), 2U);
  EXPECT_EQ(expect_diff(*next, *table), 2U);
}

TEST_F(DiffShards, FollowsAHistoryOfGrowthAndShrinking) {
  std::mt19937_64 engine(11);
  TablePtr table = empty_table(account_);
  for (int step = 0; step < 60; ++step) {
    std::map<int, RecordChange> changes;
    const int spread = step % 20 < 10 ? 6000 : 40;
    for (int i = 0; i < (step % 7 == 0 ? 2000 : 20); ++i) {
      const int number = static_cast<int>(engine() % static_cast<unsigned>(spread));
      const bool remove = engine() % 100 < (step > 30 ? 80U : 20U);
      changes.insert_or_assign(number, remove ? removal("SKU-" + std::to_string(number))
                                              : article(number, std::string(engine() % 1500, 'y')));
    }
    const TablePtr next = with(table, std::move(changes));
    expect_diff(*table, *next);
    table = next;
  }
}

}  // namespace
}  // namespace lull::snapshot
