#include "lull/publish/last_good.h"

#include <fstream>
#include <mutex>

#include "support.h"

namespace lull::publish {
namespace {

using Kind = LastGoodEvent::Kind;

class LastGoodTest : public testing::Test {
 protected:
  ~LastGoodTest() override { close(); }

  void open() {
    auto publisher = Publisher::open(options_, specs_, clock_);
    ASSERT_TRUE(publisher) << publisher.error().text();
    last_good_ = std::make_unique<LastGood>(options_.data_dir, specs_, clock_,
                                            [this](const LastGoodEvent& event) {
                                              const std::lock_guard lock(mutex_);
                                              events_.push_back(event);
                                            });
    publisher_ = *std::move(publisher);
    publisher_->observe([this](const Publication& p) {
      if (keeping_) last_good_->published(p.collection);
    });
    last_good_->serve(*publisher_);
  }
  void close() {
    if (!publisher_) return;
    publisher_->stop();
    last_good_->stop();
    publisher_.reset();
    last_good_.reset();
  }
  Revision publish(const std::string& value) {
    auto published = publisher_->submit_and_wait(candidate(*publisher_, value));
    EXPECT_TRUE(published) << published.error().text();
    return *published;
  }
  [[nodiscard]] std::string value() const { return current_value(publisher_->view()); }
  LastGoodEvent event(Kind kind) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(events_, kind, &LastGoodEvent::kind);
    return found == events_.end() ? LastGoodEvent{} : *found;
  }
  int count(Kind kind) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::ranges::count(events_, kind, &LastGoodEvent::kind));
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  PublisherOptions options_{.data_dir = directory_.path(),
                            .retained_revisions_max = 16,
                            .retained_age_max = std::chrono::seconds(3600),
                            .retained_bytes_max = 256ULL << 20U,
                            .snapshot_bytes_alive_max = 2ULL << 30U,
                            .queue_depth_max = 64};
  std::vector<CollectionSpec> specs_ = {tree_spec(), table_spec()};
  std::atomic<bool> keeping_{true};
  std::mutex mutex_;
  std::vector<LastGoodEvent> events_;  // guarded by mutex_
  std::unique_ptr<LastGood> last_good_;
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(LastGoodTest, AStartServesItAsANewRevisionMarkedUntilTheSourceIsRead) {
  open();
  EXPECT_EQ(value(), "");
  const Revision first = publish("one");
  EXPECT_FALSE(last_good_->marks().seconds("config")) << "it is fresh";
  close();
  clock_.advance(std::chrono::seconds(100));
  open();
  EXPECT_EQ(value(), R"({"value":"one"})");
  EXPECT_EQ(last_good_->marks().seconds("config"), 100);
  EXPECT_FALSE(last_good_->marks().seconds("inventory")) << "there never was one";
  ASSERT_EQ(count(Kind::kServed), 1);
  EXPECT_EQ(event(Kind::kServed).revision, (Revision{first.epoch, first.number + 1}));
  clock_.advance(std::chrono::seconds(5));
  EXPECT_EQ(last_good_->marks().seconds("config"), 105);

  last_good_->source_read("config");
  EXPECT_FALSE(last_good_->marks().seconds("config"));
  last_good_->source_read("config");
  EXPECT_EQ(count(Kind::kHealed), 1);
  close();
  clock_.advance(std::chrono::seconds(7));
  open();
  EXPECT_EQ(last_good_->marks().seconds("config"), 7) << "it was known to be good then";
  EXPECT_EQ(count(Kind::kRefused), 0);
}

TEST_F(LastGoodTest, ServingItDoesNotMakeItYounger) {
  open();
  publish("one");
  for (int start = 1; start < 4; ++start) {
    close();
    clock_.advance(std::chrono::seconds(10));
    open();
    EXPECT_EQ(last_good_->marks().seconds("config"), 10 * start);
  }
}

TEST_F(LastGoodTest, KilledAfterTheRecordItServesTheOneBeforeUnderANewNumber) {
  open();
  publish("one");
  close();
  keeping_ = false;  // as if killed before the thread came to anything
  open();
  const Revision lost = publish("two");
  close();
  keeping_ = true;
  open();
  EXPECT_EQ(value(), R"({"value":"one"})");
  const Revision now =
      publisher_->view().read([](const View& view) { return view.current().revision(); });
  EXPECT_EQ(now.epoch, lost.epoch);
  EXPECT_EQ(now.number, lost.number + 1) << "the number of 'two' names 'two' for ever";
  publish("two");
  last_good_->source_read("config");
  close();
  open();
  EXPECT_EQ(value(), R"({"value":"two"})") << "healed";
}

TEST_F(LastGoodTest, WhatAProgramPublishesWhileItIsMarkedIsKeptToo) {
  open();
  publish("one");
  close();
  open();
  ASSERT_TRUE(last_good_->marks().seconds("config"));
  publish("two");
  close();
  open();
  EXPECT_EQ(value(), R"({"value":"two"})");
}

TEST_F(LastGoodTest, DamageIsRefusedAndReplacedByWhatComesNext) {
  open();
  publish("one");
  close();
  {
    auto store = LastGoodStore::open(directory_.path());
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->database().execute("UPDATE part SET bytes = x'00'"));
  }
  open();
  EXPECT_EQ(value(), "");
  EXPECT_FALSE(last_good_->marks().seconds("config"));
  ASSERT_EQ(count(Kind::kRefused), 1);
  EXPECT_EQ(event(Kind::kRefused).collection, "config");
  EXPECT_NE(event(Kind::kRefused).error.message.find("damaged"), std::string::npos);
  publish("one");  // the very content whose row is damaged
  close();
  open();
  EXPECT_EQ(value(), R"({"value":"one"})");
  EXPECT_EQ(count(Kind::kRefused), 1);
}

TEST_F(LastGoodTest, ADamagedFileCostsNeitherTheStartNorTheEpoch) {
  const std::string large(300'000, 'x');
  const std::string file = directory_ / "last-good.db";
  open();
  const Revision first = publish(large);
  close();
  int refused = 0;
  for (std::uintmax_t at = 0; at + 4096 < std::filesystem::file_size(file); at += 20 * 4096) {
    {
      std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
      damaged.seekp(static_cast<std::streamoff>(at));
      damaged << std::string(4096, '\xFF');
    }
    open();
    EXPECT_EQ(current_revision(publisher_->view()).epoch, first.epoch) << at;
    EXPECT_TRUE(value().empty() || value().size() > large.size()) << "all or nothing, at " << at;
    if (value().empty()) ++refused;
    EXPECT_GE(count(Kind::kRefused), refused) << at;
    publish(large);
    close();
    open();
    EXPECT_GT(value().size(), large.size()) << "kept again, after damage at " << at;
    close();
  }
  EXPECT_GT(refused, 2);
}

/// The disk has no room beyond what is left to revisions: they go on, and it is kept later.
TEST_F(LastGoodTest, WhatCannotBeKeptIsToldOnceAndTriedAgain) {
  open();
  publish("one");
  close();
  {
    auto store = LastGoodStore::open(directory_.path());
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->database().execute(
        "CREATE TRIGGER full BEFORE INSERT ON part BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  }
  open();
  last_good_->source_read("config");
  publish("two");
  ASSERT_TRUE(eventually([&] { return count(Kind::kNotKept) == 1; }));
  const int kept = count(Kind::kKept);
  publish("three");
  EXPECT_EQ(value(), R"({"value":"three"})");
  close();
  EXPECT_EQ(count(Kind::kNotKept), 1) << "told once";
  EXPECT_EQ(count(Kind::kKept), kept);
  {
    auto store = LastGoodStore::open(directory_.path());
    ASSERT_TRUE((*store)->database().execute("DROP TRIGGER full"));
  }
  open();
  EXPECT_EQ(value(), R"({"value":"one"})") << "the one before stays whole";
  publish("three");
  ASSERT_TRUE(eventually([&] { return count(Kind::kKept) > kept; }));
  close();
  open();
  EXPECT_EQ(value(), R"({"value":"three"})");
}

TEST_F(LastGoodTest, ARetainedRevisionStaysStaleUnlessTheSourceGaveTheSame) {
  const auto stale_now = [this] {
    return publisher_->view().read([this](const View& view) {
      return last_good_->marks().seconds(view.current(), "config").has_value();
    });
  };
  const auto stale_at = [this](Revision revision) {
    return publisher_->view().read([&](const View& view) {
      const auto* const snapshot = view.find(revision);
      return snapshot != nullptr && last_good_->marks().seconds(*snapshot, "config").has_value();
    });
  };
  open();
  publish("one");
  EXPECT_FALSE(stale_now());
  close();
  open();
  const Revision served = current_revision(publisher_->view());
  EXPECT_TRUE(stale_now());
  publish("two");
  last_good_->source_read("config");
  EXPECT_FALSE(stale_now());
  EXPECT_TRUE(stale_at(served)) << "nothing has confirmed that";
  close();
  open();
  const Revision again = current_revision(publisher_->view());
  EXPECT_TRUE(stale_at(again));
  last_good_->source_read("config");
  EXPECT_FALSE(stale_at(again)) << "this was confirmed";
}

TEST_F(LastGoodTest, WithoutADirectoryNothingIsKeptOrStale) {
  options_.data_dir.clear();
  open();
  publish("one");
  last_good_->source_read("config");
  close();
  open();
  EXPECT_EQ(value(), "");
  EXPECT_TRUE(events_.empty());
}

}  // namespace
}  // namespace lull::publish
