// The two agreeing looks, step by step and without a thread.
#include "lull/source/file_set.h"

#include "harness.h"

namespace lull::source {
namespace {

class FileSetTest : public testing::Test {
 protected:
  FileSetTest() : options_(options_for(temp_.path(), Mode::kInotify)), files_(options_) {}

  [[nodiscard]] fs::path at(std::string_view name) const { return temp_.path() / name; }

  /// Tries, as a watched source does, until all is settled.
  FileSet::Outcome settle(FileSet::Try how = {.watched = true}) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    for (;;) {
      auto outcome = files_.look(how);
      if (outcome.settled || std::chrono::steady_clock::now() > deadline) return outcome;
      std::this_thread::sleep_for(milliseconds(1));  // to the clock's next tick
    }
  }
  void load() {
    ASSERT_TRUE(settle().settled);
    ASSERT_TRUE(files_.propose(false).has_value());
    files_.decided(true);
  }

  TempDirectory temp_;
  FilesOptions options_;
  FileSet files_;
};

TEST_F(FileSetTest, AFileOfThisVeryTickIsNotSettled) {
  // Writing and looking take microseconds, a tick takes milliseconds: some round falls within one.
  bool seen = false;
  for (int round = 0; round < 1000 && !seen; ++round) {
    write_file(at("a.yaml"), std::to_string(round));
    seen = !files_.look({.watched = true}).settled;
  }
  EXPECT_TRUE(seen);
  EXPECT_TRUE(settle().settled) << "and it is when the tick is over";
}

TEST_F(FileSetTest, WithoutEventsTwoTriesMustAgree) {
  write_file(at("a.yaml"), "a");
  ASSERT_TRUE(settle().settled);
  FileSet other(options_);
  EXPECT_FALSE(other.look({.watched = false}).settled);
  EXPECT_TRUE(other.look({.watched = false}).settled);
  write_file(at("b.yaml"), "b");
  EXPECT_FALSE(other.look({.watched = false}).settled);
}

TEST_F(FileSetTest, OnlyWhatMayHaveChangedIsRead) {
  for (int i = 0; i < 10; ++i) write_file(at(std::to_string(i) + ".yaml"), "x");
  load();
  EXPECT_EQ(settle().files_read, 0U);
  files_.suspect("3.yaml");
  EXPECT_EQ(settle().files_read, 1U);
  files_.suspect_all();
  EXPECT_EQ(settle().files_read, 10U);
  EXPECT_EQ(settle().files_read, 0U);
  EXPECT_FALSE(files_.propose(false).has_value());
}

TEST_F(FileSetTest, AFileThatIsBeingWrittenKeepsItsAcceptedContent) {
  write_file(at("a.yaml"), "a");
  write_file(at("b.yaml"), "b");
  load();
  write_file(at("a.yaml"), "half");
  write_file(at("b.yaml"), "B");
  FileSet::Outcome outcome;
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  std::optional<ChangeSet> offered;
  do {
    outcome = files_.look({.watched = true, .again = false, .unfinished = {"a.yaml"}});
    offered = files_.propose(false);
  } while (!offered && std::chrono::steady_clock::now() < deadline);
  EXPECT_FALSE(outcome.settled);
  EXPECT_TRUE(outcome.separable);
  ASSERT_TRUE(offered.has_value());
  ASSERT_EQ(offered->changes.size(), 1U);
  EXPECT_EQ(offered->changes[0].name, "b.yaml");
  files_.decided(true);
  EXPECT_TRUE(settle().settled);
  offered = files_.propose(false);
  ASSERT_TRUE(offered.has_value());
  ASSERT_EQ(offered->changes.size(), 1U);
  EXPECT_EQ(offered->changes[0].bytes, "half");
}

TEST_F(FileSetTest, LinksAreNotSeparable) {
  write_file(at("real"), "x");
  fs::create_symlink("real", at("a.yaml"));
  write_file(at("b.yaml"), "b");
  load();
  EXPECT_TRUE(files_.look({.watched = true, .again = false, .unfinished = {"b.yaml"}}).separable);
  EXPECT_FALSE(files_.look({.watched = true, .again = false, .unfinished = {"a.yaml"}}).separable);
}

TEST_F(FileSetTest, TheFirstSetIsNotSeparable) {
  write_file(at("a.yaml"), "a");
  EXPECT_FALSE(files_.look({.watched = true, .again = false, .unfinished = {"a.yaml"}}).separable);
}

}  // namespace
}  // namespace lull::source
