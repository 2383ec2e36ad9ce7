// NamedList against std::map, with older lists held and looked at again later.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "lull/snapshot/named_list.h"
#include "random_run.h"

namespace lull::snapshot {
namespace {

struct Item {
  std::string name;
  std::string value;
};
struct Traits {
  using Entry = Item;
  static std::string_view name(const Item& item) noexcept { return item.name; }
  static std::size_t heap_bytes(const Item& item) noexcept { return item.value.capacity(); }
  static void add_to(Sha256Stream& stream, const Item& item) {
    stream.field(item.name).field(item.value);
  }
};
using List = NamedList<Traits>;
using Reference = std::map<std::string, std::string, std::less<>>;

struct Version {
  List list;
  Reference reference;
};

/// Names share beginnings of several lengths, as layers do.
std::string name_of(RandomRun& run, std::size_t names) {
  const std::size_t number = run.below(names);
  const char* const family[] = {"", "service-", "service-team-", "a"};
  return family[number % 4] + std::to_string(number);
}

List list_of(const Reference& reference, const std::shared_ptr<MemoryAccount>& account) {
  std::vector<List::Change> all;
  for (const auto& [name, value] : reference) all.push_back({name, Item{name, value}});
  return List().apply(all, account);
}

Version change(RandomRun& run, const Version& base, std::size_t names,
               const std::shared_ptr<MemoryAccount>& account) {
  Version next = base;
  std::map<std::string, std::optional<Item>> changes;
  // Mostly few; now and then most of them, or a run of neighbours.
  const std::size_t count = run.one_in(50) ? names : 1 + run.below(6);
  const bool removing = run.one_in(3);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = name_of(run, names);
    if (removing || run.one_in(3)) {
      changes[name] = std::nullopt;
      next.reference.erase(name);
    } else {
      changes[name] = Item{name, std::to_string(run.below(1'000'000))};
      next.reference[name] = changes[name]->value;
    }
  }
  std::vector<List::Change> sorted;
  for (const auto& [name, item] : changes) sorted.push_back({name, item});
  next.list = base.list.apply(sorted, account);
  return next;
}

void check(RandomRun& run, const Version& version, std::size_t names) {
  ASSERT_EQ(version.list.size(), version.reference.size());
  for (int i = 0; i < 10; ++i) {
    const std::string name = name_of(run, names);
    const auto expected = version.reference.find(name);
    const Item* const found = version.list.find(name);
    ASSERT_EQ(found != nullptr, expected != version.reference.end()) << name;
    if (found != nullptr) {
      ASSERT_EQ(found->value, expected->second) << name;
    }
    const auto not_less = version.reference.lower_bound(name);
    const auto at = version.list.lower_bound(name);
    ASSERT_EQ(at == version.list.end(), not_less == version.reference.end()) << name;
    if (not_less != version.reference.end()) {
      ASSERT_EQ(at->name, not_less->first) << name;
    }
  }
}

void check_whole(const Version& version) {
  auto expected = version.reference.begin();
  for (const Item& item : version.list) {
    ASSERT_NE(expected, version.reference.end());
    ASSERT_EQ(item.name, expected->first);
    ASSERT_EQ(item.value, expected->second);
    ++expected;
  }
  ASSERT_EQ(expected, version.reference.end());
  ASSERT_EQ(version.list.hash(), list_of(version.reference, nullptr).hash())
      << "whatever changes led to it";
}

TEST(NamedListModel, RandomChanges) {
  RandomRun run;
  const auto account = std::make_shared<MemoryAccount>();
  for (const std::size_t names : {3U, 60U, 2000U}) {
    Version now;
    std::deque<Version> held;
    const std::size_t changes = model_operations() / 30;
    for (std::size_t i = 0; i < changes; ++i) {
      now = change(run, now, names, account);
      ASSERT_NO_FATAL_FAILURE(check(run, now, names)) << "change " << i;
      if (run.one_in(100)) {
        ASSERT_NO_FATAL_FAILURE(check_whole(now)) << "change " << i;
      }
      if (run.one_in(30)) held.push_back(now);
      if (held.size() > 4) held.pop_front();
      if (!held.empty() && run.one_in(200)) {
        ASSERT_NO_FATAL_FAILURE(check_whole(run.pick(held))) << "change " << i;
      }
    }
    std::cout << changes << " changes among " << names << " names" << std::endl;
  }
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull::snapshot
