// The hazards of concurrent maps, one named test each: what goes wrong elsewhere cannot happen
// here. That a reference kept after its section does not compile is shown in
// tests/unit/rcu/compile_fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "generations.h"
#include "torture.h"

namespace lull::torture {
namespace {

using publish::Publication;
using publish::Publisher;
using publish::View;

class Hazards : public testing::Test {
 protected:
  Hazards() {
    auto opened = Publisher::open({}, generation_specs(), clock_);
    if (!opened) throw std::runtime_error(opened.error().text());
    publisher_ = *std::move(opened);
  }
  Revision publish_tree(std::uint64_t generation) {
    const auto revision = publisher_->submit_and_wait(tree_candidate(*publisher_, generation));
    EXPECT_TRUE(revision) << revision.error().text();
    return revision.value_or(Revision{});
  }
  /// A copy of what stands at a pointer of document `app` now.
  [[nodiscard]] std::string value(std::string_view pointer) const {
    return publisher_->view().read(
        [&](const View& view) { return std::string(text_at(view.current(), pointer)); });
  }

  SystemClock clock_;
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(Hazards, ReadBeforeTheFirstLoadFindsASnapshotThatSaysSo) {
  publisher_->view().read([](const View& view) {
    const auto* const config = view.current().find("config");
    ASSERT_NE(config, nullptr);
    EXPECT_FALSE(config->loaded());
    EXPECT_EQ(config->tree(), nullptr);
    EXPECT_EQ(config->changed_at.number, 0U);
  });
}

TEST_F(Hazards, MissingNullAndEmptyAreDifferentThings) {
  publish_tree(1);
  publisher_->view().read([](const View& view) {
    const snapshot::Snapshot& current = view.current();
    EXPECT_EQ(current.find("nowhere"), nullptr) << "no such collection";
    EXPECT_FALSE(current.find("inventory")->loaded()) << "declared, not loaded";
    EXPECT_EQ(current.find("config")->table(), nullptr) << "of the other kind";
    const snapshot::Tree& tree = *current.find("config")->tree();
    EXPECT_EQ(tree.layer("nobody"), nullptr) << "no such document";
    const snapshot::Document& app = *tree.layer("app");
    EXPECT_FALSE(app.find("first/deeper").has_value()) << "a path through a number";
    EXPECT_FALSE(app.find("missing").has_value()) << "no such member";
    ASSERT_TRUE(app.find("nothing").has_value());
    EXPECT_EQ(app.kind(*app.find("nothing")), snapshot::NodeKind::kNull);
    EXPECT_EQ(app.text(*app.find("nothing")), "null");
    ASSERT_TRUE(app.find("empty").has_value());
    EXPECT_EQ(app.text(*app.find("empty")), "{}");
    EXPECT_EQ(app.children(*app.find("empty")).count, 0U);
  });
}

TEST_F(Hazards, ReadDuringWriteSeesOneGenerationToItsEnd) {
  publish_tree(1);
  publisher_->view().read([this](const View& view) {
    const std::string first(text_at(view.current(), "first"));
    std::thread([this] { publish_tree(2); }).join();
    EXPECT_EQ(text_at(view.current(), "last"), first) << "replaced in the middle of this read";
  });
  EXPECT_EQ(value("first"), "2");
}

TEST_F(Hazards, TwoWritersAtOnceOneIsRefusedAndNothingIsLost) {
  constexpr int kRounds = 50;
  std::uint64_t published = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    auto one = tree_candidate(*publisher_, 2 * round);
    auto two = tree_candidate(*publisher_, 2 * round + 1);  // on the same base
    auto other =
        std::async(std::launch::async, [&] { return publisher_->submit_and_wait(std::move(one)); });
    const auto second = publisher_->submit_and_wait(std::move(two));
    const auto first = other.get();
    ASSERT_NE(first.has_value(), second.has_value()) << "exactly one must win";
    EXPECT_EQ((first ? second : first).error().code, ErrorCode::kStaleBase);
    EXPECT_EQ((first ? first : second)->number, ++published);
    EXPECT_EQ(value("last"), std::to_string(first ? 2 * round : 2 * round + 1));
  }
  EXPECT_EQ(publisher_->stats().stale_refusals, static_cast<std::uint64_t>(kRounds));
}

TEST_F(Hazards, ResizeDuringReadLosesNoRecord) {
  constexpr std::size_t kGrown = 3000;
  ASSERT_TRUE(publisher_->submit_and_wait(table_candidate(*publisher_, 1, 10)));
  Trial run;
  std::atomic<std::uint64_t> reads{0};
  std::thread reader([&] {
    while (!run.stopped()) {
      publisher_->view().read([&](const View& view) {
        const std::string fault = mixed_generations(view.current(), 10);
        if (!fault.empty()) run.finding(fault);
      });
      reads.fetch_add(1);
    }
  });
  for (std::uint64_t generation = 2; generation < 12; ++generation) {
    const std::size_t count = generation % 2 == 0 ? kGrown : 10;  // grows and shrinks
    EXPECT_TRUE(publisher_->submit_and_wait(table_candidate(*publisher_, generation, count)));
  }
  const std::uint64_t before = reads.load();
  run.wait([&] { return reads.load() > before + 100; });
  reader.join();
}

TEST_F(Hazards, PinKeptAfterReplacementStaysWhatItWas) {
  publish_tree(1);
  const auto pin = pin_current(*publisher_);
  for (std::uint64_t generation = 2; generation < 40; ++generation) publish_tree(generation);
  EXPECT_EQ(text_at(*pin, "first"), "1");
  EXPECT_EQ(text_at(*pin, "last"), "1");
  EXPECT_EQ(value("first"), "39");
}

TEST_F(Hazards, AliasingAReceiverThatChangesItsResultChangesNothingElse) {
  publish_tree(1);
  std::string mine = value("first");
  mine[0] = '9';
  mine += "000";
  EXPECT_EQ(value("first"), "1");
  // And what reaches into the snapshot is const all the way.
  using Text = decltype(std::declval<const snapshot::Document&>().text());
  static_assert(std::is_same_v<Text, std::string_view>);
  static_assert(std::is_const_v<std::remove_reference_t<decltype(*pin_current(*publisher_))>>);
}

TEST_F(Hazards, ShutdownWhileReadersRunDisturbsNoRead) {
  publish_tree(1);
  Trial run;
  std::atomic<std::uint64_t> reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!run.stopped()) {
        if (value("first") != value("last")) run.finding("a broken read");
        const auto pin = pin_current(*publisher_);
        reads.fetch_add(1);
      }
    });
  }
  std::atomic<int> decided{0};
  std::atomic<int> refused{0};
  for (int i = 0; i < 20; ++i) {
    publisher_->submit(tree_candidate(*publisher_, 1), [&](const Result<Revision>& result) {
      if (!result && result.error().code == ErrorCode::kUnavailable) refused.fetch_add(1);
      decided.fetch_add(1);
    });
  }
  publisher_->stop();
  publisher_->submit(tree_candidate(*publisher_, 2), [&](const Result<Revision>& result) {
    if (!result && result.error().code == ErrorCode::kUnavailable) refused.fetch_add(1);
    decided.fetch_add(1);
  });
  const std::uint64_t before = reads.load();
  run.wait([&] { return reads.load() > before + 100; });  // reads go on after the stop
  for (std::thread& reader : readers) reader.join();
  publisher_.reset();
  EXPECT_EQ(decided.load(), 21) << "each candidate is decided once, by the end at the latest";
  EXPECT_GE(refused.load(), 1);
}

TEST_F(Hazards, SnapshotEscapingIntoASlowerTaskIsAPinThatKeepsIt) {
  publish_tree(1);
  std::promise<void> replaced;
  auto task = std::async(
      std::launch::async, [pin = pin_current(*publisher_), wait = replaced.get_future()]() mutable {
        wait.wait();
        return std::string(text_at(*pin, "last"));  // and lets go of it on this thread
      });
  for (std::uint64_t generation = 2; generation < 40; ++generation) publish_tree(generation);
  replaced.set_value();
  EXPECT_EQ(task.get(), "1");
}

TEST_F(Hazards, StaleWriteOnAnOlderBaseIsRefused) {
  auto late = tree_candidate(*publisher_, 99);  // built on what was current before
  const Revision current = publish_tree(1);
  const auto result = publisher_->submit_and_wait(std::move(late));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kStaleBase);
  EXPECT_EQ(value("first"), "1");
  EXPECT_EQ(base_of(*publisher_, "config"), current);
  // A change of another collection in between does not make it stale.
  auto config = tree_candidate(*publisher_, 2);
  ASSERT_TRUE(publisher_->submit_and_wait(table_candidate(*publisher_, 1, 10)));
  EXPECT_TRUE(publisher_->submit_and_wait(std::move(config)));
}

TEST_F(Hazards, WatcherThatReadsWhileItIsCalledSeesWhatItIsToldOf) {
  std::vector<std::string> seen;  // the writer thread, and this one after submit_and_wait
  publisher_->observe([&](const Publication& publication) {
    publisher_->view().read([&](const View& view) {
      EXPECT_EQ(view.current().revision(), publication.revision);
      EXPECT_EQ(view.current().content_hash(), publication.content_hash);
      // The one before is retained, save the very first, which holds nothing.
      EXPECT_EQ(view.find(publication.previous) != nullptr, publication.previous.number != 0);
    });
    seen.push_back(value("first"));
  });
  publish_tree(1);
  publish_tree(2);
  EXPECT_THAT(seen, testing::ElementsAre("1", "2"));
}

TEST_F(Hazards, WatcherThatWritesWhileItIsCalledIsQueuedOrRefusedAndNeverHangs) {
  std::promise<Result<Revision>> queued;
  bool first = true;  // the writer thread
  publisher_->observe([&](const Publication&) {
    if (!std::exchange(first, false)) return;
    const auto waited = publisher_->submit_and_wait(tree_candidate(*publisher_, 7));
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, ErrorCode::kInvalid) << "it would wait for itself";
    publisher_->submit(tree_candidate(*publisher_, 2),
                       [&](Result<Revision> result) { queued.set_value(std::move(result)); });
    EXPECT_EQ(value("first"), "1") << "not before this observer has returned";
  });
  const Revision one = publish_tree(1);
  const Result<Revision> two = queued.get_future().get();
  ASSERT_TRUE(two) << two.error().text();
  EXPECT_EQ(two->number, one.number + 1);
  EXPECT_EQ(value("first"), "2");
}

}  // namespace
}  // namespace lull::torture
