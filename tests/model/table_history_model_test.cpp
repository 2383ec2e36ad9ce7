// Histories of larger tables against a plain reference: revisions are held and dropped in any
// order, candidates are discarded, a base gets a second successor while the first one lives.
// However a content came about, its shards are the same bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "lull/snapshot/table.h"
#include "random_run.h"

namespace lull::snapshot {
namespace {

constexpr std::size_t kKeys = 20'000;  // shards of one level and of two, as many as are there
constexpr std::size_t kHeldMax = 12;
constexpr std::uint8_t kNone = 0;

std::string key_of(std::size_t number) {
  return "SKU-" + std::string(number % 13, '-') + std::to_string(number);
}

/// One of a few contents of a key, so that a content comes back: nothing, short, long, on both
/// sides of the border between a shard and a block of its own, over 1 KiB.
std::string json_of(std::size_t number, std::uint8_t content) {
  static constexpr std::array<std::size_t, 8> kSizes = {
      0, 0, 12, 40, 160, kInlineBytesMax - 4, 1'030, 3'000};
  std::string out = std::to_string(number) + "/" + std::to_string(content) + "/";
  if (content == 1) return {};
  out.resize(std::max(out.size(), kSizes[content]), static_cast<char>('a' + number % 26));
  return out;
}

/// The content of each key.
using Contents = std::vector<std::uint8_t>;

struct Revision {
  std::shared_ptr<const Table> table;
  Contents contents;
  std::size_t size = 0;
};

class TableHistory : public ::testing::Test {
 protected:
  using Changes = std::map<std::size_t, std::uint8_t>;

  std::uint8_t random_content();
  std::size_t random_number();
  Changes random_changes();
  static Revision after(const Revision& base, const Changes& changes);
  void step();

  void check_find(const Revision& revision);
  static void check_all(const Revision& revision);
  static void check_same_as_rebuilt(const Revision& revision);

  RandomRun run_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  Revision now_{TableBuilder::empty({}, account_), Contents(kKeys), 0};
  std::vector<Revision> held_;
  bool grows_ = true;
  std::map<std::string, std::size_t> done_;
};

std::uint8_t TableHistory::random_content() {
  if (run_.below(10) < (grows_ ? 1U : 6U)) return kNone;
  if (run_.one_in(10)) return static_cast<std::uint8_t>(5 + run_.below(3));
  return static_cast<std::uint8_t>(1 + run_.below(4));
}

/// Half of all choices fall on few keys, which cross the border of the sizes again and again.
std::size_t TableHistory::random_number() {
  return run_.one_in(2) ? run_.below(kKeys) : run_.below(200);
}

TableHistory::Changes TableHistory::random_changes() {
  Changes out;
  if (run_.one_in(500)) {  // a range, which splits and merges what it meets
    const std::size_t begin = run_.below(kKeys);
    const std::size_t end = std::min(kKeys, begin + run_.below(8'000));
    for (std::size_t i = begin; i < end; ++i) out[i] = grows_ ? random_content() : kNone;
  } else {
    for (std::size_t i = 1 + run_.below(3); i > 0; --i) out[random_number()] = random_content();
  }
  return out;
}

Revision TableHistory::after(const Revision& base, const Changes& changes) {
  Revision out = base;
  std::vector<RecordChange> records;
  for (const auto& [number, content] : changes) {
    std::string key = key_of(number);
    std::optional<RecordInput> record;
    if (content != kNone) record = RecordInput{key, json_of(number, content), {}, content};
    records.push_back({std::move(key), std::move(record)});
    out.size += content != kNone ? 1 : 0;
    out.size -= base.contents[number] != kNone ? 1 : 0;
    out.contents[number] = content;
  }
  std::ranges::sort(records, {}, &RecordChange::key);
  out.table = TableBuilder::apply(base.table, records).value();
  EXPECT_EQ(out.table->size(), out.size);
  return out;
}

void expect_record(const Revision& revision, std::size_t number) {
  const std::uint8_t content = revision.contents[number];
  const std::string key = key_of(number);
  const auto found = revision.table->find(key);
  ASSERT_EQ(found.has_value(), content != kNone) << key;
  if (!found) return;
  ASSERT_EQ(found->key, key);
  ASSERT_EQ(found->json, json_of(number, content));
  ASSERT_EQ(found->quantity, content);
}

void TableHistory::check_find(const Revision& revision) {
  ASSERT_NO_FATAL_FAILURE(expect_record(revision, random_number()));
  ASSERT_FALSE(revision.table->find("none" + std::to_string(run_.below(1'000'000))));
}

void TableHistory::check_all(const Revision& revision) {
  for (std::size_t i = 0; i < kKeys; ++i) ASSERT_NO_FATAL_FAILURE(expect_record(revision, i));
}

/// All bytes behind the head, which says when the shard came about. Where a large value's address
/// is among them, the records instead.
void expect_same(const Shard& a, const Shard& b) {
  ASSERT_EQ(a.content_hash(), b.content_hash());
  ASSERT_EQ(a.size(), b.size());
  ASSERT_EQ(a.block_bytes, b.block_bytes);
  std::vector<std::pair<StoredRecord, bool>> records;  // whether it is in a block of its own
  bool is_inline = true;
  a.for_each([&](const StoredRecord& record, const LargeValue* large) {
    records.emplace_back(record, large != nullptr);
    is_inline = is_inline && large == nullptr;
  });
  if (is_inline) {
    ASSERT_EQ(std::memcmp(&a + 1, &b + 1, a.block_bytes - sizeof(Shard)), 0);
    return;
  }
  std::size_t number = 0;
  b.for_each([&](const StoredRecord& record, const LargeValue* large) {
    ASSERT_EQ(record, records[number].first);
    ASSERT_EQ(large != nullptr, records[number].second);
    ++number;
  });
}

void TableHistory::check_same_as_rebuilt(const Revision& revision) {
  const auto account = std::make_shared<MemoryAccount>();
  Changes all;
  for (std::size_t i = 0; i < kKeys; ++i) {
    if (revision.contents[i] != kNone) all[i] = revision.contents[i];
  }
  const Revision rebuilt = after({TableBuilder::empty({}, account), Contents(kKeys), 0}, all);
  ASSERT_EQ(rebuilt.table->content_hash(), revision.table->content_hash());
  std::vector<const Shard*> shards;
  rebuilt.table->records().for_each_shard([&](const Shard& shard) { shards.push_back(&shard); });
  std::size_t number = 0;
  revision.table->records().for_each_shard([&](const Shard& shard) {
    ASSERT_LT(number, shards.size());
    ASSERT_NO_FATAL_FAILURE(expect_same(shard, *shards[number]));
    ++number;
  });
  ASSERT_EQ(number, shards.size());
}

void TableHistory::step() {
  const std::size_t dice = run_.below(10'000);
  const auto is = [&](const char* name, bool yes) {
    if (yes) ++done_[name];
    return yes;
  };
  if (is("change", dice < 3'000)) {
    now_ = after(now_, random_changes());
  } else if (is("discard a candidate", dice < 3'200)) {
    const Revision candidate = after(now_, random_changes());
    check_find(candidate);
  } else if (is("find", dice < 8'500)) {
    check_find(now_);
  } else if (is("find in an old revision", dice < 9'400 && !held_.empty())) {
    check_find(run_.pick(held_));
  } else if (is("hold", dice < 9'650)) {
    if (held_.size() < kHeldMax) held_.push_back(now_);
  } else if (is("drop an old revision", dice < 9'900 && !held_.empty())) {
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(run_.below(held_.size())));
  } else if (is("fork", dice < 9'910 && !held_.empty())) {
    held_.push_back(after(run_.pick(held_), random_changes()));
  } else if (is("go back", dice < 9'915 && !held_.empty())) {
    now_ = run_.pick(held_);
  } else if (is("look at all of an old revision", dice < 9'920 && !held_.empty())) {
    check_all(run_.pick(held_));
  } else if (is("rebuild", dice < 9'923)) {
    check_same_as_rebuilt(now_);
  } else if (is("turn", dice < 9'930)) {
    grows_ = now_.size < 2'000 || (now_.size < 15'000 && run_.one_in(2));
  } else {
    check_find(now_);
  }
}

TEST_F(TableHistory, RandomOperations) {
  const std::size_t operations = model_operations();
  std::size_t largest = 0;
  for (std::size_t i = 0; i < operations; ++i) {
    ASSERT_NO_FATAL_FAILURE(step()) << "operation " << i;
    ASSERT_FALSE(HasFailure()) << "operation " << i;
    largest = std::max(largest, now_.size);
  }
  for (const Revision& revision : held_) {
    ASSERT_NO_FATAL_FAILURE(check_all(revision));
    ASSERT_NO_FATAL_FAILURE(check_same_as_rebuilt(revision));
  }
  for (const auto& [name, count] : done_) std::cout << name << ": " << count << "\n";
  std::cout << "largest table: " << largest << " records" << std::endl;
  held_.clear();
  now_.table.reset();
  EXPECT_EQ(account_->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
