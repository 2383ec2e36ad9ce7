// The directory itself: missing, removed, replaced, reached through links that are re-pointed.
#include "harness.h"

namespace lull::source {
namespace {

using Directory = SourceTest;

TEST_P(Directory, MissingAtTheStart) {
  fs::remove(at());
  start();
  ASSERT_TRUE(sink_.wait_for_error("the directory cannot be read: No such file or directory"));
  EXPECT_EQ(sink_.errors().front().where.file, at().string());
  EXPECT_FALSE(sink_.errors().front().hint.empty());
  EXPECT_EQ(sink_.offers(), 0U);
  fs::create_directory(at());
  write_file(at("a.yaml"), "a");
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "a"}}));
  EXPECT_TRUE(sink_.offer_at(0).initial);
  EXPECT_TRUE(sink_.errors().empty());
}

TEST_P(Directory, TheErrorIsToldOnceUntilAskedAgain) {
  fs::remove(at());
  start();
  ASSERT_TRUE(sink_.wait_for_error("the directory cannot be read"));
  ASSERT_TRUE(looks_after(*source_, 3, [] {}));
  EXPECT_EQ(sink_.unreadable_calls(), 1U);
  source_->rescan();
  EXPECT_TRUE(sink_.wait_for_unreadable_calls(2));
}

TEST_P(Directory, SeveralLevelsMissingAtTheStart) {
  start(options_for(at("x/y/z"), GetParam()));
  ASSERT_TRUE(sink_.wait_for_error("the directory cannot be read"));
  fs::create_directories(at("x/y/z"));
  write_file(at("x/y/z/a.yaml"), "a");
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "a"}}));
}

TEST_P(Directory, AFileInItsPlace) {
  write_file(beside("file"), "");
  start(options_for(beside("file"), GetParam()));
  EXPECT_TRUE(sink_.wait_for_error("Not a directory"));
}

TEST_P(Directory, RemovedAndRecreated) {
  write_file(at("a.yaml"), "a");
  start_and_load();
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    const auto offers = sink_.offers();
    fs::remove_all(at());
    ASSERT_TRUE(sink_.wait_for_error("the directory cannot be read"));
    EXPECT_EQ(sink_.offers(), offers) << "a directory that is gone is not an empty one";
    fs::create_directory(beside("next"));
    write_file(beside("next") / "a.yaml", "round " + std::to_string(round));
    fs::rename(beside("next"), at());
    ASSERT_TRUE(sink_.wait_for({{"a.yaml", "round " + std::to_string(round)}}));
    write_file(at("a.yaml"), "after " + std::to_string(round));
    ASSERT_TRUE(sink_.wait_for({{"a.yaml", "after " + std::to_string(round)}}));
  }
}

TEST_P(Directory, ReplacedByRename) {
  write_file(at("a.yaml"), "a");
  start_and_load();
  fs::create_directory(beside("next"));
  write_file(beside("next") / "b.yaml", "b");
  ASSERT_EQ(shell(beside("."), "mv watched away && mv next watched"), 0);
  ASSERT_TRUE(sink_.wait_for({{"b.yaml", "b"}}));
  write_file(at("b.yaml"), "B");
  ASSERT_TRUE(sink_.wait_for({{"b.yaml", "B"}}));
  write_file(beside("away") / "b.yaml", "of no interest");
  write_file(at("c.yaml"), "c");
  EXPECT_TRUE(sink_.wait_for({{"b.yaml", "B"}, {"c.yaml", "c"}}));
}

TEST_P(Directory, ALinkThatIsRepointed) {
  for (const char* name : {"one", "two"}) {
    fs::create_directory(beside(name));
    write_file(beside(name) / "a.yaml", name);
    write_file(beside(name) / "b.yaml", name);
  }
  fs::create_directory_symlink("one", beside("current"));
  start(options_for(beside("current"), GetParam()));
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "one"}, {"b.yaml", "one"}}));
  ASSERT_EQ(shell(beside("."), "ln -s two .next && mv -T .next current"), 0);
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "two"}, {"b.yaml", "two"}}));
  write_file(beside("two") / "a.yaml", "changed");
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "changed"}, {"b.yaml", "two"}}));
}

TEST_P(Directory, ALinkInTheMiddleOfAChainIsRepointed) {
  // conf -> deploy/config, deploy/ is reached by `deploy -> releases/1`.
  for (const char* release : {"1", "2"}) {
    fs::create_directories(beside("releases") / release / "config");
    write_file(beside("releases") / release / "config" / "a.yaml", release);
  }
  fs::create_directory_symlink("releases/1", beside("deploy"));
  fs::create_directory_symlink(beside("deploy") / "config", beside("conf"));
  start(options_for(beside("conf"), GetParam()));
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "1"}}));
  ASSERT_EQ(shell(beside("."), "ln -s releases/2 .next && mv -T .next deploy"), 0);
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "2"}}));
}

TEST_P(Directory, ARelativePath) {
  const fs::path before = fs::current_path();
  fs::current_path(temp_.path());
  start(options_for("watched", GetParam()));
  ASSERT_TRUE(sink_.wait_for_offers(1));
  write_file(at("a.yaml"), "a");
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "a"}}));
  EXPECT_EQ(sink_.last_offer().changes.front().path, "watched/a.yaml");
  source_.reset();
  fs::current_path(before);
}

LULL_IN_BOTH_MODES(Directory);

}  // namespace
}  // namespace lull::source
