#include <gtest/gtest.h>

#include <string>

#include "table_support.h"

namespace lull::snapshot {
namespace {

using Keys = std::vector<std::string>;
using Wheres = std::vector<PageRequest::Where>;

/// Warehouse and colour; "d" has no warehouse.
std::shared_ptr<const Table> sample() {
  return changed(TableBuilder::empty({{"warehouse", "colour"}}, nullptr),
                 {put("a", "{}", {"north", "red"}), put("a/1", "{}", {"south", "red"}),
                  put("a/2", "{}", {"north", "blue"}), put("a0", "{}", {"north", ""}),
                  put("b", "{}", {"north", "red"}), put("c", "{}", {"northern", "red"}),
                  put("d", "{}", {std::nullopt, "red"}), put("e", "{}", {"", "red"})});
}

PageRequest request(std::string_view prefix, std::optional<std::string_view> after = {},
                    std::size_t limit = 100) {
  PageRequest out;
  out.prefix = prefix;
  out.after = after;
  out.limit = limit;
  return out;
}

/// All keys, page after page.
Keys walk(const Table& table, PageRequest request, std::size_t* pages = nullptr) {
  Keys out;
  std::string after;
  for (std::size_t count = 1;; ++count) {
    PageEnd end;
    const Keys page = keys(table, request, &end);
    EXPECT_LE(page.size(), request.limit);
    out.insert(out.end(), page.begin(), page.end());
    if (pages != nullptr) *pages = count;
    if (!end.resume_after) return out;
    EXPECT_TRUE(!request.after || *request.after < *end.resume_after) << "no progress";
    if (count > 1'000) return out;
    after = *end.resume_after;
    request.after = after;
  }
}

TEST(TablePage, GivesAllInOrder) {
  PageEnd end;
  EXPECT_EQ(keys(*sample(), {}, &end), (Keys{"a", "a/1", "a/2", "a0", "b", "c", "d", "e"}));
  EXPECT_FALSE(end.resume_after);
}

TEST(TablePage, KeepsToAPrefix) {
  EXPECT_EQ(keys(*sample(), request("a")), (Keys{"a", "a/1", "a/2", "a0"}));
  EXPECT_EQ(keys(*sample(), request("a/")), (Keys{"a/1", "a/2"}));
  EXPECT_EQ(keys(*sample(), request("e")), (Keys{"e"}));
  EXPECT_EQ(keys(*sample(), request("A")), (Keys{}));
  EXPECT_EQ(keys(*sample(), request("f")), (Keys{}));
  EXPECT_EQ(keys(*sample(), request("a/1/")), (Keys{}));
}

TEST(TablePage, StartsAfterAKeyThatNeedNotExist) {
  EXPECT_EQ(keys(*sample(), request("", "a0")), (Keys{"b", "c", "d", "e"}));
  EXPECT_EQ(keys(*sample(), request("", "a00")), (Keys{"b", "c", "d", "e"}));
  EXPECT_EQ(keys(*sample(), request("", "")), keys(*sample(), {}));
  EXPECT_EQ(keys(*sample(), request("", "e")), (Keys{}));
  EXPECT_EQ(keys(*sample(), request("a", "a/1")), (Keys{"a/2", "a0"}));
  EXPECT_EQ(keys(*sample(), request("a", "a")), (Keys{"a/1", "a/2", "a0"}));
  EXPECT_EQ(keys(*sample(), request("b", "a")), (Keys{"b"})) << "before the prefix";
  EXPECT_EQ(keys(*sample(), request("a", "b")), (Keys{})) << "behind the prefix";
}

TEST(TablePage, EndsAtTheLimitAndSaysWhereToGoOn) {
  PageEnd end;
  EXPECT_EQ(keys(*sample(), request("a", {}, 2), &end), (Keys{"a", "a/1"}));
  EXPECT_EQ(end.resume_after, "a/1");
  EXPECT_EQ(keys(*sample(), request("a", "a/1", 2), &end), (Keys{"a/2", "a0"}));
  EXPECT_FALSE(end.resume_after) << "exactly filled, nothing left";
  for (std::size_t limit = 1; limit <= 9; ++limit) {
    EXPECT_EQ(walk(*sample(), request("", {}, limit)), keys(*sample(), {})) << limit;
  }
}

TEST(TablePage, SelectsByAnIndex) {
  PageRequest where;
  const Wheres north = {{"warehouse", "north"}};
  where.where = north;
  EXPECT_EQ(keys(*sample(), where), (Keys{"a", "a/2", "a0", "b"})) << "not `northern`";
  where.prefix = "a/";
  EXPECT_EQ(keys(*sample(), where), (Keys{"a/2"}));
  where.prefix = "";
  where.after = "a/2";
  EXPECT_EQ(keys(*sample(), where), (Keys{"a0", "b"}));
  where.after = "a/1";
  EXPECT_EQ(keys(*sample(), where), (Keys{"a/2", "a0", "b"})) << "after a key of another value";
  const Wheres nothing = {{"warehouse", ""}};
  where = {};
  where.where = nothing;
  EXPECT_EQ(keys(*sample(), where), (Keys{"e"})) << "an empty value is not an absent one";
  const Wheres absent = {{"warehouse", "west"}};
  where.where = absent;
  EXPECT_EQ(keys(*sample(), where), (Keys{}));
}

TEST(TablePage, AllConditionsHoldTogether) {
  const Wheres both = {{"warehouse", "north"}, {"colour", "red"}};
  const Wheres turned = {{"colour", "red"}, {"warehouse", "north"}};
  const Wheres contradiction = {{"warehouse", "north"}, {"warehouse", "south"}};
  const Wheres twice = {{"warehouse", "south"}, {"warehouse", "south"}};
  PageRequest where;
  where.where = both;
  EXPECT_EQ(keys(*sample(), where), (Keys{"a", "b"}));
  where.where = turned;
  EXPECT_EQ(keys(*sample(), where), (Keys{"a", "b"}));
  where.where = contradiction;
  EXPECT_EQ(keys(*sample(), where), (Keys{}));
  where.where = twice;
  EXPECT_EQ(keys(*sample(), where), (Keys{"a/1"}));
}

TEST(TablePage, RefusesAnIndexThatIsNotDeclared) {
  const Wheres unknown = {{"warehouse", "north"}, {"size", "1"}};
  PageRequest where;
  where.where = unknown;
  const auto result = sample()->page(where, [](const RecordView&) { FAIL() << "visited"; });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  EXPECT_NE(result.error().text().find("size"), std::string::npos);
  EXPECT_NE(result.error().text().find("warehouse, colour"), std::string::npos);
  const auto bare = TableBuilder::empty({}, nullptr)->page(where, [](const RecordView&) {});
  EXPECT_NE(bare.error().text().find("no index"), std::string::npos);
}

TEST(TablePage, LooksAtNoMoreThanAllowedAndMakesProgress) {
  std::vector<RecordChange> changes;
  for (int i = 1000; i < 2000; ++i) {
    changes.push_back(put(std::to_string(i), "{}", {"all", i % 250 == 249 ? "rare" : "common"}));
  }
  const auto table = changed(TableBuilder::empty({{"warehouse", "colour"}}, nullptr), changes);
  const Wheres rare = {{"warehouse", "all"}, {"colour", "rare"}};
  PageRequest where;
  where.where = rare;
  where.limit = 3;
  const Keys expected = {"1249", "1499", "1749", "1999"};
  for (const std::size_t scan_max : {1U, 7U, 100U, 249U, 250U, 251U, 999U, 1000U, 5000U}) {
    where.scan_max = scan_max;
    where.after.reset();
    PageEnd end;
    const Keys first = keys(*table, where, &end);
    EXPECT_LE(first.size(), scan_max / 250 + 1);
    EXPECT_TRUE(end.resume_after);
    std::size_t pages = 0;
    EXPECT_EQ(walk(*table, where, &pages), expected) << scan_max;
    EXPECT_GE(pages, 1000 / scan_max);
  }
  where.where = {};
  where.limit = 1000;
  where.scan_max = 1000;
  PageEnd end;
  EXPECT_EQ(keys(*table, where, &end).size(), 1000U);
  EXPECT_FALSE(end.resume_after) << "the last entry was looked at";
}

TEST(TablePage, ValuesMayHaveAnyBytes) {
  const std::string nul("a\0b", 3);
  const auto table =
      changed(TableBuilder::empty({{"w"}}, nullptr),
              {put("k", "{}", {"a"}), put("l", "{}", {nul}), put("m", "{}", {"\xff\xff"})});
  for (const auto& [value, key] :
       {std::pair<std::string, std::string>{"a", "k"}, {nul, "l"}, {"\xff\xff", "m"}}) {
    const Wheres wheres = {{"w", value}};
    PageRequest where;
    where.where = wheres;
    EXPECT_EQ(keys(*table, where), Keys{key});
  }
}

TEST(TablePage, AnIndexFollowsItsRecords) {
  const auto moved =
      changed(sample(), {put("a", "{}", {"south", "red"}), removal("a/1"),
                         put("b", "{}", {std::nullopt, "red"}), put("d", "{}", {"north", "red"})});
  PageRequest where;
  const Wheres south = {{"warehouse", "south"}};
  where.where = south;
  EXPECT_EQ(keys(*moved, where), (Keys{"a"}));
  const Wheres north = {{"warehouse", "north"}};
  where.where = north;
  EXPECT_EQ(keys(*moved, where), (Keys{"a/2", "a0", "d"}));
  EXPECT_EQ(keys(*sample(), where), (Keys{"a", "a/2", "a0", "b"}));
}

}  // namespace
}  // namespace lull::snapshot
