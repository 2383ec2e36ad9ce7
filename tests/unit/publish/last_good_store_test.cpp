#include "lull/publish/last_good_store.h"

#include <algorithm>
#include <map>

#include "support.h"

namespace lull::publish {
namespace {

using Parts = std::set<std::string>;

class LastGoodStoreTest : public testing::Test {
 protected:
  LastGoodStoreTest() { open(); }

  void open() {
    store_.reset();
    auto store = LastGoodStore::open(directory_.path());
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
  static bool on() { return true; }
  /// What a start would serve, whatever lies about beside it.
  Parts good(const std::string& collection = "config") {
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
  std::int64_t count(const char* sql) { return store_->database().number(sql).value(); }
  void run(const char* sql) { ASSERT_TRUE(store_->database().execute(sql)) << sql; }

  static Parts many(int from, int to, std::size_t bytes = 3000) {
    Parts out;
    for (int i = from; i < to; ++i) out.insert(std::to_string(i) + std::string(bytes, 'x'));
    return out;
  }

  TemporaryDirectory directory_;
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
    ASSERT_TRUE(store_->clean("config", on));
    EXPECT_EQ(good(), first);
    EXPECT_EQ(count("SELECT count(*) FROM part"), 300);
    EXPECT_EQ(count("SELECT count(*) FROM dropped"), 0);
  }
  ASSERT_TRUE(save(first, second));
  EXPECT_EQ(good(), second);
}

/// Copies of the files at each step, as crashes would leave them: among them those after the next
/// generation became the good one, while what it dropped is being removed.
TEST_F(LastGoodStoreTest, FilesAsACrashLeavesThemHoldOneOfTheTwo) {
  const Parts first = many(0, 900);
  const Parts second = many(600, 1200);
  ASSERT_TRUE(save({}, first));
  std::vector<std::string> copies;
  std::vector<Sha256> removed;
  std::vector<std::string> added;
  std::ranges::set_difference(second, first, std::back_inserter(added));
  for (const std::string& part : first) {
    if (!second.contains(part)) removed.push_back(sha256(part));
  }
  const GoodHead head{{}, hash_of(second), Clock::Wall(std::chrono::seconds(7)), second.size()};
  const TemporaryDirectory kept;
  const auto copy = [&] {
    copies.push_back(kept / std::to_string(copies.size()));
    std::filesystem::copy(directory_.path(), copies.back());
    return true;
  };
  ASSERT_TRUE(store_->save("config", head,
                           {added.size(), [&](auto i) { return added[i]; }, removed}, copy));
  copy();
  std::map<bool, int> seen;  // by whether it is the second
  for (const std::string& path : copies) {
    store_ = *LastGoodStore::open(path);
    const Parts found = good();
    ASSERT_TRUE(found == second || (found == first && !seen.contains(true))) << path;
    ++seen[found == second];
    ASSERT_TRUE(store_->clean("config", on));
    ASSERT_EQ(good(), found) << path;
    ASSERT_EQ(count("SELECT count(*) FROM part"), static_cast<std::int64_t>(found.size())) << path;
    ASSERT_EQ(count("SELECT count(*) FROM dropped"), 0) << path;
    // And a save goes on from there.
    ASSERT_TRUE(save(found, {"after", "the", "crash"})) << path;
    ASSERT_EQ(good(), (Parts{"after", "the", "crash"})) << path;
  }
  EXPECT_GT(seen[false], 4);
  EXPECT_GT(seen[true], 2) << "while parts were removed, too";
}

TEST_F(LastGoodStoreTest, WhatIsInterruptedAtTheEndIsCompletedByTheNextSave) {
  const Parts first = many(0, 900);
  const Parts second = many(850, 1000);
  ASSERT_TRUE(save({}, first));
  int batches = 0;
  ASSERT_TRUE(save(first, second, 1'000'000));
  ASSERT_TRUE(save(second, first));
  for (int stop = 1;; ++stop) {
    batches = stop;
    if (save(first, second, batches)) break;
    ASSERT_LT(stop, 100);
    ASSERT_TRUE(store_->clean("config", on));
    if (good() == second) {
      ASSERT_TRUE(save(second, first));
    }
    ASSERT_EQ(good(), first);
  }
  EXPECT_GT(batches, 4);
}

/// Row 33: SQLite before 3.51.3 may lose a checkpoint that two connections do, and a mapped file
/// turns an error of the disk into a signal.
TEST_F(LastGoodStoreTest, NobodyElseHasTheFileAndItIsNotMapped) {
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(count("PRAGMA mmap_size"), 0);
    EXPECT_EQ(store_->database().text("PRAGMA locking_mode").value(), "exclusive");
    EXPECT_EQ(store_->database().text("PRAGMA journal_mode").value(), "wal");
    ASSERT_TRUE(save({}, {std::to_string(start)}, 1'000'000, std::to_string(start)));
    EXPECT_FALSE(std::filesystem::exists(directory_ / "last-good.db-shm")) << "no shared memory";
    open();  // a file that is there, too
  }
}

TEST_F(LastGoodStoreTest, TheFileShrinksWithItsContent) {
  const Parts many_parts = many(0, 3000);
  ASSERT_TRUE(save({}, many_parts));
  const auto pages = count("PRAGMA page_count");
  ASSERT_TRUE(save(many_parts, many(0, 30)));
  EXPECT_LT(count("PRAGMA page_count"), pages / 10);
  EXPECT_EQ(good(), many(0, 30));
}

TEST_F(LastGoodStoreTest, NumbersOutOfRangeAreDamage) {
  for (const char* const sql :
       {"UPDATE good SET published = 20000000000000", "UPDATE good SET published = -1",
        "UPDATE good SET parts = -1", "UPDATE good SET generation = 9223372036854775807",
        "UPDATE good SET generation = -1"}) {
    ASSERT_TRUE(store_->forget("config"));
    ASSERT_TRUE(save({}, {"a"}));
    run(sql);
    const auto head = store_->head("config");
    const auto parts = store_->parts("config");
    EXPECT_FALSE(head && parts) << sql;
  }
  run("INSERT INTO part (collection, hash, since, bytes) VALUES ('config', x'00', -5, x'00')");
  ASSERT_TRUE(store_->forget("config"));
  EXPECT_EQ(count("SELECT count(*) FROM part"), 0) << "rows that no save could have left go too";
  ASSERT_TRUE(save({}, {"a"}));
  EXPECT_EQ(good(), Parts{"a"});
}

TEST_F(LastGoodStoreTest, AFileOfAnotherFormOrDamageIsPutAside) {
  ASSERT_TRUE(save({}, many(0, 100)));
  run("PRAGMA user_version=9");
  store_.reset();
  const auto newer = LastGoodStore::open(directory_.path());
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(LastGoodStore::put_aside(directory_.path()));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "last-good.db.refused"));
  open();
  EXPECT_EQ(good(), Parts{});
  ASSERT_TRUE(save({}, {"a"}));
  EXPECT_EQ(good(), Parts{"a"});
}

TEST_F(LastGoodStoreTest, DamageIsToldApartFromData) {
  ASSERT_TRUE(save({}, {"a", "b"}));
  run("UPDATE part SET bytes = x'7A' WHERE bytes = x'61'");
  const auto flipped = store_->parts("config");
  ASSERT_FALSE(flipped);
  EXPECT_EQ(flipped.error().message,
            "the last-known-good of 'config' is damaged: a part does not have its hash");
  run("DELETE FROM part WHERE bytes = x'7A'");
  EXPECT_EQ(store_->parts("config").error().message,
            "the last-known-good of 'config' is damaged: of 2 parts it has 1");
  run("UPDATE good SET parts = 0");
  EXPECT_EQ(store_->parts("config").error().message,
            "the last-known-good of 'config' is damaged: it has more than its 0 parts");
  run("UPDATE good SET content_hash = x'00'");
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

}  // namespace
}  // namespace lull::publish
