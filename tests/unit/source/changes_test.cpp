// Every way in which people and programs change a file: exactly the new content arrives.
#include "harness.h"

namespace lull::source {
namespace {

using Changes = SourceTest;

TEST_P(Changes, TheFirstOfferHasAllFilesInNameOrder) {
  write_file(at("b.yaml"), "b");
  write_file(at("a.yaml"), "a");
  write_file(at("notes.txt"), "skipped");
  write_file(at(".hidden.yaml"), "skipped");
  start_and_load();
  const ChangeSet first = sink_.offer_at(0);
  EXPECT_TRUE(first.initial);
  ASSERT_EQ(first.changes.size(), 2U);
  EXPECT_EQ(first.changes[0].name, "a.yaml");
  EXPECT_EQ(first.changes[0].path, at("a.yaml").string());
  EXPECT_EQ(first.changes[0].bytes, "a");
  EXPECT_EQ(first.changes[1].name, "b.yaml");
  const SourceState state = source_->state();
  EXPECT_EQ(state.kind, "files");
  EXPECT_EQ(state.location, at().string());
  EXPECT_EQ(state.files, 2U);
  EXPECT_EQ(state.files_skipped, 2U);
  EXPECT_EQ(state.mode, GetParam() == Mode::kInotify ? "inotify" : "polling");
  EXPECT_EQ(state.degraded.empty(), GetParam() == Mode::kInotify) << state.degraded;
}

TEST_P(Changes, AnEmptyDirectoryIsOfferedOnce) {
  start_and_load();
  EXPECT_TRUE(sink_.offer_at(0).initial);
  EXPECT_TRUE(sink_.offer_at(0).changes.empty());
  ASSERT_TRUE(looks_after(*source_, 1, [&] { source_->rescan(); }));
  EXPECT_EQ(sink_.offers(), 1U);
}

TEST_P(Changes, CreateOverwriteAppendRemove) {
  start_and_load();
  write_file(at("a.yaml"), "one");
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "one"}}));
  write_file(at("a.yaml"), "two");
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "two"}}));
  ASSERT_EQ(shell(at(), "printf three >> a.yaml"), 0);
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "twothree"}}));
  fs::remove(at("a.yaml"));
  ASSERT_TRUE(sink_.wait_for({}));
  EXPECT_FALSE(sink_.last_offer().initial);
  ASSERT_EQ(sink_.last_offer().changes.size(), 1U);
  EXPECT_EQ(sink_.last_offer().changes[0].bytes, std::nullopt);
}

TEST_P(Changes, SameSizeAndModificationTimeIsNoticedAllTheSame) {
  write_file(at("a.yaml"), "one");
  start_and_load();
  const auto time = fs::last_write_time(at("a.yaml"));
  write_file(at("a.yaml"), "two");
  fs::last_write_time(at("a.yaml"), time);
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "two"}}));
}

TEST_P(Changes, OnlyWhatChangedIsOffered) {
  write_file(at("a.yaml"), "a");
  write_file(at("b.yaml"), "b");
  start_and_load();
  write_file(at("b.yaml"), "B");
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "a"}, {"b.yaml", "B"}}));
  EXPECT_EQ(sink_.offers(), 2U);
  EXPECT_EQ(sink_.last_offer().changes.size(), 1U);
}

TEST_P(Changes, TouchAndTheSameContentAreNoChange) {
  write_file(at("a.yaml"), "a");
  start_and_load();
  ASSERT_TRUE(looks_after(*source_, 1, [&] { EXPECT_EQ(shell(at(), "touch a.yaml"), 0); }));
  ASSERT_TRUE(looks_after(*source_, 1, [&] { replace_file(at("a.yaml"), "a"); }));
  write_file(at("b.yaml"), "b");
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "a"}, {"b.yaml", "b"}}));
  EXPECT_EQ(sink_.offers(), 2U);
  EXPECT_EQ(sink_.last_offer().changes.size(), 1U);
}

TEST_P(Changes, MoveOver) {
  write_file(at("a.yaml"), "old");
  start_and_load();
  write_file(beside("new"), "new");
  ASSERT_EQ(shell(at(), "mv ../new a.yaml"), 0);
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "new"}}));
}

TEST_P(Changes, RenameInside) {
  write_file(at("a.yaml"), "content");
  start_and_load();
  fs::rename(at("a.yaml"), at("b.yaml"));
  ASSERT_TRUE(sink_.wait_for({{"b.yaml", "content"}}));
  EXPECT_EQ(sink_.last_offer().changes.size(), 2U);
  EXPECT_EQ(sink_.offers(), 2U) << "a rename is one change set";
}

TEST_P(Changes, Sed) {
  write_file(at("a.yaml"), "name: old\n");
  start_and_load();
  ASSERT_EQ(shell(at(), "sed -i s/old/new/ a.yaml"), 0);
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "name: new\n"}}));
  EXPECT_EQ(sink_.offers(), 2U);
}

TEST_P(Changes, Vim) {
  ASSERT_EQ(shell(at(), "command -v vim >/dev/null"), 0) << "install vim to run this test";
  write_file(at("a.yaml"), "name: old\n");
  start_and_load();
  for (const char* settings : {"", "set backup backupcopy=no | ", "set backupcopy=yes | "}) {
    SCOPED_TRACE(settings);
    write_file(at("a.yaml"), "name: old\n");
    ASSERT_TRUE(sink_.wait_for({{"a.yaml", "name: old\n"}}));
    const auto offers = sink_.offers();
    ASSERT_EQ(shell(at(), std::string("vim -Es -u NONE -c '") + settings +
                              "%s/old/new/' -c wq a.yaml </dev/null"),
              0);
    EXPECT_TRUE(sink_.wait_for({{"a.yaml", "name: new\n"}}));
    EXPECT_EQ(sink_.offers(), offers + 1) << "nothing in between is offered";
  }
}

TEST_P(Changes, AFileBehindALink) {
  write_file(beside("real"), "one");
  fs::create_symlink("../real", at("a.yaml"));
  auto options = options_for(at(), GetParam());
  options.rescan_interval = milliseconds(50);  // outside the directory no event tells
  start(options);
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "one"}}));
  write_file(beside("real"), "two");
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "two"}}));
  write_file(beside("other"), "three");
  ASSERT_EQ(shell(at(), "ln -s ../other .l && mv -T .l a.yaml"), 0);
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "three"}}));
}

TEST_P(Changes, AHiddenFileBehindALinkInTheDirectory) {
  write_file(at(".real"), "one");
  fs::create_symlink(".real", at("a.yaml"));
  start_and_load();
  write_file(at(".real"), "two");
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "two"}}));
}

TEST_P(Changes, RescanSeesWhatIsThere) {
  write_file(at("a.yaml"), "a");
  auto options = options_for(at(), GetParam());
  options.poll_interval = milliseconds(600'000);
  start(options);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  write_file(at("a.yaml"), "b");
  source_->rescan();
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "b"}}));
}

TEST_P(Changes, ReadingOnceGivesTheSame) {
  write_file(at("b.yaml"), "b");
  write_file(at("a.yaml"), "a");
  const auto read = read_files(options_for(at(), GetParam()));
  ASSERT_TRUE(read.has_value()) << read.error().front().text();
  EXPECT_TRUE(read->initial);
  ASSERT_EQ(read->changes.size(), 2U);
  EXPECT_EQ(read->changes[0].bytes, "a");
  const auto missing = read_files(options_for(at("nowhere"), GetParam()));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().front().code, ErrorCode::kUnavailable);
}

TEST_F(Changes, ReadingOnceIsNotHurriedByTheTimeThatLookingTakes) {
  write_file(at("a.yaml"), "a");
  auto options = options_for(at(), Mode::kInotify);
  options.delay_max = milliseconds(0);
  options.accepts = [&](std::string_view name) {
    std::this_thread::sleep_for(2 * options.quiet);  // Allowed: it stands for a large directory
    return is_yaml(name);
  };
  const auto read = read_files(options);
  ASSERT_TRUE(read) << read.error().front().text();
  EXPECT_EQ(read->changes.size(), 1U);
}

LULL_IN_BOTH_MODES(Changes);

}  // namespace
}  // namespace lull::source
