#include "lull/publish/last_good_store.h"

#include <algorithm>
#include <future>

#include "lull/publish/revision_log.h"
#include "support.h"

namespace lull::publish {
namespace {

using Parts = std::set<std::string>;

class LastGoodStoreTest : public testing::Test {
 protected:
  LastGoodStoreTest() { open(); }

  void open() {
    store_.reset();
    database_.reset();
    auto database = Database::open(directory_.path());
    ASSERT_TRUE(database) << database.error().text();
    database_ = *database;
    auto store = LastGoodStore::open(database_);
    ASSERT_TRUE(store) << store.error().text();
    store_ = *std::move(store);
  }

  /// Saves these parts after those; `batches` of them before it is interrupted.
  Result<void> save(const Parts& before, const Parts& after, int batches = 1'000'000,
                    const std::string& collection = "config") {
    std::vector<std::string> added;
    std::ranges::set_difference(after, before, std::back_inserter(added));
    GoodChanges changes{added.size(), [&](std::size_t i) { return added[i]; }, {}};
    for (const std::string& part : before) {
      if (!after.contains(part)) changes.removed.push_back(sha256(part));
    }
    GoodHead head{sha256("declared"), hash_of(after), Clock::Wall(std::chrono::seconds(7)),
                  after.size()};
    return store_->save(collection, head, changes, [&] { return --batches > 0; });
  }
  static Sha256 hash_of(const Parts& parts) {
    std::string all;
    for (const std::string& part : parts) all += part + ',';
    return sha256(all);
  }
  /// What a start would serve.
  Parts good(const std::string& collection = "config") {
    EXPECT_TRUE(store_->clean(collection));
    const auto head = store_->head(collection);
    EXPECT_TRUE(head) << head.error().text();
    if (!*head) return {};
    const auto parts = store_->parts(collection);
    EXPECT_TRUE(parts) << parts.error().text();
    Parts out(parts->begin(), parts->end());
    EXPECT_EQ((*head)->content_hash, hash_of(out)) << "a mixture of two";
    EXPECT_EQ((*head)->published, Clock::Wall(std::chrono::seconds(7)));
    return out;
  }
  std::int64_t count(const char* sql) { return database_->number(sql).value(); }

  static Parts many(int from, int to, std::size_t bytes = 3000) {
    Parts out;
    for (int i = from; i < to; ++i) out.insert(std::to_string(i) + std::string(bytes, 'x'));
    return out;
  }

  TemporaryDirectory directory_;
  std::shared_ptr<Database> database_;
  std::unique_ptr<LastGoodStore> store_;
};

TEST_F(LastGoodStoreTest, WhatWasSavedComesBackAfterAStart) {
  EXPECT_EQ(good(), Parts{});
  ASSERT_TRUE(save({}, {"a", "b", ""}));
  ASSERT_TRUE(save({}, {"a", "z"}, 1'000'000, "other"));
  ASSERT_TRUE(save({"a", "b", ""}, {"b", "c"}));
  open();
  EXPECT_EQ(good(), (Parts{"b", "c"}));
  EXPECT_EQ(good("other"), (Parts{"a", "z"}));
  EXPECT_EQ(count("SELECT count(*) FROM part"), 4) << "what is gone is gone";
  EXPECT_EQ(count("SELECT count(*) FROM dropped"), 0);
}

TEST_F(LastGoodStoreTest, ComingAndGoingOfTheSamePartIsNoTrouble) {
  Parts before;
  for (int i = 0; i < 20; ++i) {
    const Parts after = i % 2 == 0 ? Parts{"a", "b"} : Parts{"b", "c"};
    ASSERT_TRUE(save(before, after));
    EXPECT_EQ(good(), after);
    before = after;
  }
}

TEST_F(LastGoodStoreTest, AnInterruptedSaveLeavesTheOneBefore) {
  const Parts first = many(0, 300);
  const Parts second = many(200, 1200);
  ASSERT_TRUE(save({}, first));
  for (const int batches : {1, 2, 5, 10}) {
    const auto interrupted = save(first, second, batches);
    ASSERT_FALSE(interrupted) << batches;
    EXPECT_GT(count("SELECT count(*) FROM part"), 300) << "it had begun";
    open();  // as after a crash
    EXPECT_EQ(good(), first);
    EXPECT_EQ(count("SELECT count(*) FROM part"), 300);
  }
  ASSERT_TRUE(save(first, second));
  EXPECT_EQ(good(), second);
}

TEST_F(LastGoodStoreTest, FilesAsACrashLeavesThemHoldOneOfTheTwo) {
  const Parts first = many(0, 300);
  const Parts second = many(200, 1200);
  ASSERT_TRUE(save({}, first));
  int copies = 0;
  std::vector<Sha256> removed;
  std::vector<std::string> added;
  std::ranges::set_difference(second, first, std::back_inserter(added));
  for (const std::string& part : first) {
    if (!second.contains(part)) removed.push_back(sha256(part));
  }
  const GoodHead head{{}, hash_of(second), Clock::Wall(std::chrono::seconds(7)), second.size()};
  const auto copy = [&] {
    std::filesystem::copy(directory_.path(), directory_ / "../" + std::to_string(getpid()) + "_" +
                                                 std::to_string(copies++));
    return true;
  };
  ASSERT_TRUE(store_->save("config", head,
                           {added.size(), [&](auto i) { return added[i]; }, removed}, copy));
  copy();
  ASSERT_GT(copies, 5);
  for (int i = 0; i < copies; ++i) {
    const std::string path =
        directory_ / "../" + std::to_string(getpid()) + "_" + std::to_string(i);
    {
      auto crashed = LastGoodStore::open(*Database::open(path));
      store_ = *std::move(crashed);
      EXPECT_EQ(good(), i + 1 < copies ? first : second) << i;
      store_.reset();
    }
    std::filesystem::remove_all(path);
  }
}

TEST_F(LastGoodStoreTest, DamageIsToldApartFromData) {
  ASSERT_TRUE(save({}, {"a", "b"}));
  ASSERT_TRUE(database_->execute("UPDATE part SET bytes = x'7A' WHERE bytes = x'61'"));
  const auto flipped = store_->parts("config");
  ASSERT_FALSE(flipped);
  EXPECT_EQ(flipped.error().message,
            "the last-known-good of 'config' is damaged: a part does not have its hash");
  ASSERT_TRUE(database_->execute("DELETE FROM part WHERE bytes = x'7A'"));
  EXPECT_EQ(store_->parts("config").error().message,
            "the last-known-good of 'config' is damaged: of 2 parts it has 1");
  ASSERT_TRUE(database_->execute("UPDATE good SET parts = 0"));
  EXPECT_EQ(store_->parts("config").error().message,
            "the last-known-good of 'config' is damaged: it has more than its 0 parts");
  ASSERT_TRUE(database_->execute("UPDATE good SET content_hash = x'00'"));
  EXPECT_FALSE(store_->head("config"));
}

TEST_F(LastGoodStoreTest, CollectionsThatAreNotDeclaredAnyMoreAreForgotten) {
  ASSERT_TRUE(save({}, many(0, 700)));
  ASSERT_TRUE(save({}, {"a"}, 1'000'000, "other"));
  ASSERT_TRUE(store_->keep_only({"other"}));
  EXPECT_EQ(good(), Parts{});
  EXPECT_EQ(good("other"), Parts{"a"});
  EXPECT_EQ(count("SELECT count(*) FROM part"), 1);
}

TEST_F(LastGoodStoreTest, ARevisionIsRecordedBetweenTwoBatches) {
  auto log = RevisionLog::open(database_);
  ASSERT_TRUE(log);
  std::atomic<bool> saving{true};
  std::atomic<int> batches{0};
  auto saved = std::async(std::launch::async, [&] {
    const Parts all = many(0, 3000);
    std::vector<std::string> list(all.begin(), all.end());
    const GoodHead head{{}, hash_of(all), Clock::Wall(std::chrono::seconds(7)), all.size()};
    auto out = store_->save("config", head, {list.size(), [&](auto i) { return list[i]; }, {}},
                            [&] { return ++batches, true; });
    saving = false;
    return out;
  });
  std::uint64_t recorded = 0;
  int most = 0;
  while (saving) {
    const int before = batches;
    ASSERT_TRUE((*log)->record());
    most = std::max(most, batches - before);
    ++recorded;
  }
  ASSERT_TRUE(saved.get());
  EXPECT_LE(most, 3) << "the batch that had the turn, and what was counted late";
  EXPECT_EQ((*log)->last().number, recorded);
  log->reset();
  open();
  EXPECT_EQ((*RevisionLog::open(database_))->last().number, recorded);
  EXPECT_EQ(good().size(), 3000U);
}

}  // namespace
}  // namespace lull::publish
