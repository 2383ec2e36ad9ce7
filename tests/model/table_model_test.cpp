// TableBuilder and Table against std::map, over tables that grow to some thousand records and
// shrink to nothing again, with old revisions held and looked at again later.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "lull/base/key.h"
#include "lull/snapshot/table.h"
#include "random_run.h"

namespace lull::snapshot {
namespace {

struct Value {
  std::string json;
  std::vector<std::optional<std::string>> index_values;
  std::optional<std::int64_t> quantity;
  friend bool operator==(const Value&, const Value&) = default;
};
using Reference = std::map<std::string, Value>;
using TablePtr = std::shared_ptr<const Table>;

const Table::Layout kLayout{{"warehouse", "colour"}};

class TableModel : public ::testing::Test {
 protected:
  struct Revision {
    TablePtr table;
    Reference reference;
  };

  std::string random_key();
  Value random_value();
  RecordChange random_change();
  void apply(std::vector<RecordChange> changes);
  void step();

  void check_find();
  void check_page();
  void check_walk();
  void check_rebuilt();
  static void check_all(const Revision& revision);

  RandomRun run_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  Revision now_{TableBuilder::empty(kLayout, account_), {}};
  std::deque<Revision> held_;
  std::size_t put_percent_ = 80;
  std::map<std::string, std::size_t> done_;
};

std::string TableModel::random_key() {
  if (!now_.reference.empty() && run_.below(10) < 4) {
    auto near = now_.reference.lower_bound(std::to_string(run_.below(10'000)));
    if (near == now_.reference.end()) near = now_.reference.begin();
    return near->first;
  }
  switch (run_.below(12)) {
    case 0:
      return std::string(1, static_cast<char>('0' + run_.below(75)));
    case 1: {
      std::string longest(kKeyBytesMax, 'k');
      longest[run_.below(longest.size())] = static_cast<char>('a' + run_.below(26));
      return longest;
    }
    case 2:
      return "p/\u00fc/" + std::string(run_.below(20), 'p');
    default:
      return std::to_string(run_.below(10'000));
  }
}

Value TableModel::random_value() {
  static const std::vector<std::optional<std::string>> kWarehouses = {
      std::nullopt, "", "north", "north2", "south", std::string("no\0rth", 6)};
  static const std::vector<std::optional<std::string>> kColours = {std::nullopt, "red", "1",
                                                                   "true"};
  Value value;
  const std::size_t bytes = run_.one_in(200) ? run_.below(100'000) : run_.below(200);
  value.json = std::string(bytes, static_cast<char>('a' + run_.below(3)));
  value.index_values = {run_.pick(kWarehouses), run_.pick(kColours)};
  if (run_.one_in(2)) value.quantity = static_cast<std::int64_t>(run_.below(9)) - 4;
  return value;
}

RecordChange TableModel::random_change() {
  std::string key = random_key();
  if (run_.below(100) >= put_percent_) return {std::move(key), std::nullopt};
  Value value = random_value();
  RecordInput record{key, std::move(value.json), std::move(value.index_values), value.quantity};
  return {std::move(key), std::move(record)};
}

void TableModel::apply(std::vector<RecordChange> changes) {
  std::ranges::stable_sort(changes, {}, &RecordChange::key);
  const auto repeated = std::ranges::unique(changes, {}, &RecordChange::key);
  changes.erase(repeated.begin(), repeated.end());
  for (const RecordChange& change : changes) {
    if (change.record) {
      now_.reference[change.key] = {change.record->json, change.record->index_values,
                                    change.record->quantity};
    } else {
      now_.reference.erase(change.key);
    }
  }
  const TablePtr base = now_.table;
  now_.table = TableBuilder::apply(base, changes).value();
  ASSERT_EQ(now_.table->size(), now_.reference.size());
  // The caller's strings are its own again: the table must not refer to them.
  for (RecordChange& change : changes) {
    change.key.assign(change.key.size(), '#');
    if (change.record) change.record->json.assign(change.record->json.size(), '#');
  }
}

void expect_record(const std::optional<RecordView>& found, const Reference::value_type& expected) {
  ASSERT_TRUE(found) << expected.first;
  ASSERT_EQ(found->key, expected.first);
  ASSERT_EQ(found->json, expected.second.json);
  ASSERT_EQ(found->quantity, expected.second.quantity);
}

void TableModel::check_find() {
  const std::string key = random_key();
  const auto expected = now_.reference.find(key);
  const auto found = now_.table->find(key);
  ASSERT_EQ(found.has_value(), expected != now_.reference.end()) << key;
  if (found) expect_record(found, *expected);
}

/// The keys that fulfil all conditions of a request but its limit, in order.
std::vector<std::string> expected_keys(const Reference& reference, const PageRequest& request) {
  std::vector<std::string> out;
  for (const auto& [key, value] : reference) {
    if (!key.starts_with(request.prefix) || (request.after && key <= *request.after)) continue;
    if (std::ranges::all_of(request.where, [&value](const PageRequest::Where& where) {
          return value.index_values[where.index == kLayout.indexes[1] ? 1 : 0] == where.value;
        })) {
      out.push_back(key);
    }
  }
  return out;
}

/// A random request, and what its views refer to.
struct RandomRequest {
  std::string prefix;
  std::string after;
  std::vector<PageRequest::Where> where;
  PageRequest request;

  RandomRequest(RandomRun& run, std::string near) : after(std::move(near)) {
    static const std::vector<PageRequest::Where> kWheres = {
        {"warehouse", "north"}, {"warehouse", ""},  {"colour", "red"},
        {"colour", "absent"},   {"colour", "true"}, {"warehouse", {"no\0rth", 6}}};
    if (run.one_in(2)) prefix = after.substr(0, run.below(3));
    for (std::size_t i = run.below(4); i > 1; --i) where.push_back(run.pick(kWheres));
    request.prefix = prefix;
    if (run.one_in(2)) request.after = after;
    request.limit = 1 + run.below(run.one_in(5) ? 1'000 : 20);
    request.scan_max = run.one_in(3) ? 1 + run.below(50) : 10'000;
    request.where = where;
  }
};

void TableModel::check_page() {
  const RandomRequest random(run_, random_key());
  std::vector<std::string> got;
  const auto end = now_.table->page(random.request, [&](const RecordView& record) {
    got.emplace_back(record.key);
    expect_record(record, *now_.reference.find(got.back()));
  });
  ASSERT_TRUE(end);
  const std::vector<std::string> all = expected_keys(now_.reference, random.request);
  ASSERT_LE(got.size(), std::min(random.request.limit, all.size()));
  ASSERT_TRUE(std::equal(got.begin(), got.end(), all.begin()));
  if (!end->resume_after) {
    ASSERT_EQ(got, all) << "no more was promised";
    return;
  }
  if (random.request.after) {
    ASSERT_GT(*end->resume_after, *random.request.after);
  }
  if (got.size() < all.size()) {
    ASSERT_LT(*end->resume_after, all[got.size()]) << "skipped";
  }
  if (!got.empty()) {
    ASSERT_GE(*end->resume_after, got.back()) << "would repeat";
  }
  if (random.request.scan_max == 10'000) {
    ASSERT_EQ(got.size(), random.request.limit);
    ASSERT_GT(all.size(), got.size()) << "there was no more";
  }
}

void TableModel::check_walk() {
  RandomRequest random(run_, random_key());
  random.request.after.reset();
  const std::vector<std::string> all = expected_keys(now_.reference, random.request);
  std::vector<std::string> got;
  std::string after;
  for (;;) {
    const auto end = now_.table->page(
        random.request, [&got](const RecordView& record) { got.emplace_back(record.key); });
    ASSERT_TRUE(end);
    if (!end->resume_after) break;
    ASSERT_GT(*end->resume_after, after);
    after = *end->resume_after;
    random.request.after = after;
  }
  ASSERT_EQ(got, all);
}

void TableModel::check_rebuilt() {
  std::vector<RecordChange> all;
  for (const auto& [key, value] : now_.reference) {
    all.push_back({key, RecordInput{key, value.json, value.index_values, value.quantity}});
  }
  const TablePtr rebuilt = TableBuilder::apply(TableBuilder::empty(kLayout, account_), all).value();
  ASSERT_EQ(rebuilt->content_hash(), now_.table->content_hash()) << "the path of changes shows";
  ASSERT_EQ(TableBuilder::apply(now_.table, all).value(), now_.table) << "nothing changed";
}

void TableModel::check_all(const Revision& revision) {
  auto expected = revision.reference.begin();
  PageRequest request;
  request.limit = revision.reference.size() + 1;
  request.scan_max = request.limit;
  const auto end = revision.table->page(request, [&](const RecordView& record) {
    ASSERT_NE(expected, revision.reference.end());
    expect_record(record, *expected);
    expect_record(revision.table->find(record.key), *expected);
    ++expected;
  });
  ASSERT_FALSE(end.value().resume_after);
  ASSERT_EQ(expected, revision.reference.end());
}

void TableModel::step() {
  const std::size_t dice = run_.below(1'000);
  const auto is = [&](const char* name, bool yes) {
    if (yes) ++done_[name];
    return yes;
  };
  if (is("change", dice < 300)) {
    std::vector<RecordChange> changes;
    changes.push_back(random_change());
    apply(std::move(changes));
  } else if (is("batch", dice < 305)) {
    std::vector<RecordChange> changes;
    for (std::size_t i = run_.below(400); i > 0; --i) changes.push_back(random_change());
    apply(std::move(changes));
  } else if (is("find", dice < 950)) {
    check_find();
  } else if (is("page", dice < 990)) {
    check_page();
  } else if (is("walk", dice < 993)) {
    check_walk();
  } else if (is("rebuild", dice < 994)) {
    check_rebuilt();
  } else if (is("hold", dice < 996)) {
    held_.push_back(now_);
    if (held_.size() > 8) held_.pop_front();
  } else if (is("look at an old revision", dice < 998 && !held_.empty())) {
    check_all(run_.pick(held_));
  } else if (is("drop an old revision", dice < 999 && !held_.empty())) {
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(run_.below(held_.size())));
  } else if (is("turn", true)) {
    put_percent_ = run_.one_in(2) ? 85 : 15;
  }
}

TEST_F(TableModel, RandomOperations) {
  const std::size_t operations = model_operations() / 2;  // pages and walks cost more than others
  std::size_t largest = 0;
  for (std::size_t i = 0; i < operations; ++i) {
    ASSERT_NO_FATAL_FAILURE(step()) << "operation " << i;
    largest = std::max(largest, now_.reference.size());
  }
  ASSERT_NO_FATAL_FAILURE(check_all(now_));
  for (const Revision& revision : held_) ASSERT_NO_FATAL_FAILURE(check_all(revision));
  for (const auto& [name, count] : done_) std::cout << name << ": " << count << "\n";
  std::cout << "largest table: " << largest << " records" << std::endl;
  EXPECT_GT(account_->bytes(), 0U);
  held_.clear();
  now_.table.reset();
  EXPECT_EQ(account_->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
