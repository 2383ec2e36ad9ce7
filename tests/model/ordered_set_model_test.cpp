// OrderedSet against std::set, over sets that grow to some thousand keys, shrink, and end with
// none; old versions are held and looked at again later.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lull/snapshot/ordered_set.h"
#include "random_run.h"

namespace lull::snapshot {
namespace {

using Reference = std::set<std::string>;
using SetPtr = std::shared_ptr<const OrderedSet>;

class OrderedSetModel : public ::testing::Test {
 protected:
  struct Version {
    SetPtr set;
    Reference reference;
  };

  std::string random_key();
  void change(std::size_t count);
  void step();
  void check_contains();
  void check_walk();
  void check_shape();
  static void check_all(const Version& version);

  RandomRun run_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  Version now_{std::make_shared<OrderedSet>(account_), {}};
  std::deque<Version> held_;
  std::size_t remove_percent_ = 20;
  std::map<std::string, std::size_t> done_;
};

std::string OrderedSetModel::random_key() {
  if (!now_.reference.empty() && run_.below(10) < 3) {
    auto near = now_.reference.lower_bound("SKU-" + std::to_string(run_.below(100'000)));
    if (near == now_.reference.end()) near = now_.reference.begin();
    return *near;
  }
  switch (run_.below(12)) {
    case 0: {  // any bytes, few of them
      std::string key(run_.below(4), 'x');
      for (char& byte : key) byte = static_cast<char>(run_.one_in(2) ? run_.below(256) : 0);
      return key;
    }
    case 1: {  // an index key with a long value
      std::string key(run_.one_in(50) ? 70'000 : 300, static_cast<char>('a' + run_.below(3)));
      return key + std::to_string(run_.below(100));
    }
    case 2:
      return std::string(run_.below(1024), 'k') + std::to_string(run_.below(10));
    default:
      return "SKU-" + std::to_string(run_.below(100'000));
  }
}

void OrderedSetModel::change(std::size_t count) {
  std::map<std::string, bool> removes;
  for (std::size_t i = 0; i < count; ++i) {
    removes.insert_or_assign(random_key(), run_.below(100) < remove_percent_);
  }
  std::vector<OrderedSet::Change> changes;
  for (const auto& [key, remove] : removes) {
    changes.push_back({key, remove});
    if (remove) {
      now_.reference.erase(key);
    } else {
      now_.reference.insert(key);
    }
  }
  const SetPtr base = now_.set;
  now_.set = OrderedSet::apply(*base, changes);
  ASSERT_EQ(now_.set->size(), now_.reference.size());
}

void OrderedSetModel::check_contains() {
  const std::string key = random_key();
  ASSERT_EQ(now_.set->contains(key), now_.reference.contains(key)) << key;
}

void OrderedSetModel::check_walk() {
  const std::string from = random_key();
  auto cursor = now_.set->seek(from);
  auto expected = now_.reference.lower_bound(from);
  for (std::size_t i = run_.below(100); i > 0 && expected != now_.reference.end(); --i) {
    ASSERT_FALSE(cursor.done());
    ASSERT_EQ(cursor.key(), *expected++);
    cursor.next();
  }
  ASSERT_EQ(cursor.done(), expected == now_.reference.end());
}

void OrderedSetModel::check_all(const Version& version) {
  ASSERT_EQ(version.set->size(), version.reference.size());
  auto cursor = version.set->seek("");
  for (const std::string& key : version.reference) {
    ASSERT_FALSE(cursor.done());
    ASSERT_EQ(cursor.key(), key);
    cursor.next();
  }
  ASSERT_TRUE(cursor.done());
}

/// Whatever changes led here, the shape is that of the same content put at once.
void OrderedSetModel::check_shape() {
  std::vector<OrderedSet::Change> changes;
  for (const std::string& key : now_.reference) changes.push_back({key});
  const SetPtr built = OrderedSet::apply(OrderedSet(nullptr), changes);
  ASSERT_EQ(built->layout_hash(), now_.set->layout_hash());
}

void OrderedSetModel::step() {
  const std::size_t what = run_.below(1'000);
  if (what < 500) {
    ++done_["change"];
    change(run_.one_in(10) ? run_.below(100) : 1);
  } else if (what < 700) {
    ++done_["contains"];
    check_contains();
  } else if (what < 985) {
    ++done_["walk"];
    check_walk();
  } else if (what < 990) {
    ++done_["shape"];
    check_shape();
  } else if (what < 995) {
    ++done_["hold"];
    held_.push_back(now_);
  } else if (!held_.empty()) {
    ++done_["held"];
    check_all(held_.front());
    held_.pop_front();
  }
}

TEST_F(OrderedSetModel, AgreesWithStdSet) {
  const std::size_t operations = model_operations();
  for (std::size_t i = 0; i < operations; ++i) {
    // Phases that grow and phases that shrink.
    const std::size_t phase = i * 8 / operations;
    remove_percent_ = phase % 2 == 0 ? 20 : 85;
    ASSERT_NO_FATAL_FAILURE(step()) << "operation " << i;
  }
  ASSERT_NO_FATAL_FAILURE(check_all(now_));
  ASSERT_NO_FATAL_FAILURE(check_shape());
  while (!now_.reference.empty()) {
    const std::string key = run_.pick(now_.reference);
    const std::vector<OrderedSet::Change> changes = {{key, true}};
    now_.set = OrderedSet::apply(*now_.set, changes);
    now_.reference.erase(key);
  }
  check_all(now_);
  for (const Version& version : held_) ASSERT_NO_FATAL_FAILURE(check_all(version));
  held_.clear();
  now_.set.reset();
  EXPECT_EQ(account_->bytes(), 0U);
  for (const auto& [what, count] : done_) std::cout << what << ": " << count << '\n';
}

}  // namespace
}  // namespace lull::snapshot
