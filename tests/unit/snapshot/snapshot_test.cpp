#include "lull/snapshot/snapshot.h"

#include <gtest/gtest.h>

#include <utility>

#include "lull/rcu/published.h"

namespace lull::snapshot {
namespace {

std::shared_ptr<const Table> table(std::string key) {
  const auto empty = TableBuilder::empty({}, nullptr);
  std::vector<RecordChange> changes;
  changes.push_back(
      {key, RecordInput{.key = key, .json = "{}", .index_values = {}, .quantity = {}}});
  return TableBuilder::apply(empty, changes).value();
}

class SnapshotTest : public ::testing::Test {
 protected:
  rcu::Pin<Snapshot> snapshot(std::vector<Collection> collections) {
    return rcu::Pin<Snapshot>::adopt(
        new Snapshot(reclaimer_, {0x4be1, 7}, clock_.wall(), std::move(collections)));
  }

  SystemClock clock_;
  rcu::Reclaimer reclaimer_{clock_};
};

TEST_F(SnapshotTest, FindsCollectionsOfEachKind) {
  std::vector<Collection> collections;
  collections.push_back({"tables", CollectionKind::kTable, table("k"), {0x4be1, 7}});
  collections.push_back(
      {"config", CollectionKind::kTree, TreeBuilder(nullptr).finish(), {0x4be1, 3}});
  collections.push_back({"later", CollectionKind::kTree, std::monostate(), {0x4be1, 0}});
  const auto held = snapshot(std::move(collections));
  EXPECT_EQ(held->revision_text(), "4be1.7");
  EXPECT_EQ(held->collections().front().name, "config");
  EXPECT_EQ(held->find("absent"), nullptr);
  EXPECT_EQ(held->find(""), nullptr);
  const Collection* tables = held->find("tables");
  ASSERT_NE(tables, nullptr);
  EXPECT_TRUE(tables->loaded());
  EXPECT_EQ(tables->tree(), nullptr);
  ASSERT_NE(tables->table(), nullptr);
  EXPECT_TRUE(tables->table()->find("k"));
  EXPECT_NE(held->find("config")->tree(), nullptr);
  EXPECT_EQ(held->find("config")->table(), nullptr);
  const Collection* later = held->find("later");
  EXPECT_FALSE(later->loaded());
  EXPECT_EQ(later->tree(), nullptr);
  EXPECT_EQ(later->content_hash(), Sha256());
}

TEST_F(SnapshotTest, TheHashIsTheIdentityOfTheData) {
  const auto a = snapshot({{"one", CollectionKind::kTable, table("a"), {1, 1}},
                           {"two", CollectionKind::kTable, table("b"), {1, 1}}});
  const auto same = snapshot({{"two", CollectionKind::kTable, table("b"), {9, 2}},
                              {"one", CollectionKind::kTable, table("a"), {9, 3}}});
  const auto swapped = snapshot({{"one", CollectionKind::kTable, table("b"), {1, 1}},
                                 {"two", CollectionKind::kTable, table("a"), {1, 1}}});
  const auto unloaded = snapshot({{"one", CollectionKind::kTable, table("a"), {1, 1}},
                                  {"two", CollectionKind::kTable, std::monostate(), {1, 0}}});
  EXPECT_EQ(a->content_hash(), same->content_hash());
  EXPECT_NE(a->content_hash(), swapped->content_hash());
  EXPECT_NE(a->content_hash(), unloaded->content_hash());
}

TEST_F(SnapshotTest, CountsThoseAlive) {
  const std::size_t before = Snapshot::alive();
  auto first = snapshot({});
  auto second = snapshot({});
  EXPECT_EQ(Snapshot::alive(), before + 2);
  first.reset();
  second.reset();
  reclaimer_.drain();
  EXPECT_EQ(Snapshot::alive(), before);
}

}  // namespace
}  // namespace lull::snapshot
