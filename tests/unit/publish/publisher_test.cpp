#include "lull/publish/publisher.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <mutex>

#include "support.h"

namespace lull::publish {
namespace {

using ::testing::HasSubstr;

struct Fixture {
  explicit Fixture(PublisherOptions options = {},
                   std::vector<CollectionSpec> specs = {tree_spec(), tree_spec("other")}) {
    auto opened = Publisher::open(std::move(options), specs, clock);
    EXPECT_TRUE(opened) << opened.error().text();
    publisher = *std::move(opened);
  }
  Result<Revision> publish(const std::string& value, const std::string& collection = "config") {
    return publisher->submit_and_wait(candidate(*publisher, value, collection));
  }
  [[nodiscard]] bool readable(const Revision& revision) const {
    return publisher->view().read([&](const View& view) { return view.find(revision) != nullptr; });
  }

  ManualClock clock;
  std::unique_ptr<Publisher> publisher;
};

TEST(Publisher, ReadBeforeTheFirstLoadSeesDeclaredCollectionsWithoutData) {
  const Fixture f;
  f.publisher->view().read([](const View& view) {
    EXPECT_EQ(view.current().revision().number, 0U);
    EXPECT_NE(view.current().revision().epoch, 0U);
    EXPECT_EQ(view.current().collections().size(), 2U);
    EXPECT_FALSE(view.current().find("config")->loaded());
    EXPECT_EQ(view.current().find("missing"), nullptr);
    return 0;
  });
}

TEST(Publisher, NamesAreChecked) {
  const ManualClock clock;
  EXPECT_EQ(Publisher::open({}, {tree_spec("Config")}, clock).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Publisher::open({}, {tree_spec(), tree_spec()}, clock).error().code,
            ErrorCode::kDuplicate);
}

TEST(Publisher, CarriesTheOtherCollectionsOver) {
  Fixture f;
  const Revision first = *f.publish("a");
  const Revision second = *f.publish("b", "other");
  EXPECT_EQ(second.number, first.number + 1);
  EXPECT_EQ(second.epoch, first.epoch);
  f.publisher->view().read([&](const View& view) {
    EXPECT_EQ(view.current().find("config")->changed_at, first);
    EXPECT_EQ(view.current().find("other")->changed_at, second);
    return 0;
  });
  EXPECT_EQ(current_value(f.publisher->view()), R"({"value":"a"})");
  EXPECT_EQ(current_value(f.publisher->view(), "other"), R"({"value":"b"})");
}

TEST(Publisher, AStaleWriteOnAnOlderBaseIsRefused) {
  Fixture f;
  Candidate first = candidate(*f.publisher, "a");
  Candidate second = candidate(*f.publisher, "b");
  ASSERT_TRUE(f.publisher->submit_and_wait(std::move(first)));
  const auto stale = f.publisher->submit_and_wait(std::move(second));
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, ErrorCode::kStaleBase);
  EXPECT_EQ(current_value(f.publisher->view()), R"({"value":"a"})");
  EXPECT_EQ(f.publisher->stats().stale_refusals, 1U);
  EXPECT_EQ(f.publisher->stats().publications, 1U);
  EXPECT_TRUE(f.publish("c")) << "on the current base";
}

TEST(Publisher, TwoWritersAtOnceOneWinsEachRevision) {
  Fixture f;
  constexpr int kRounds = 50;
  std::atomic<int> published{0};
  std::atomic<int> stale{0};
  const auto write = [&](const std::string& name) {
    for (int i = 0; i < kRounds; ++i) {
      for (;;) {
        const auto result = f.publish(name + std::to_string(i));
        if (result) break;
        ASSERT_EQ(result.error().code, ErrorCode::kStaleBase);
        ++stale;
      }
      ++published;
    }
  };
  std::thread a(write, "a");
  std::thread b(write, "b");
  a.join();
  b.join();
  EXPECT_EQ(published, 2 * kRounds);
  EXPECT_EQ(current_revision(f.publisher->view()).number, 2U * kRounds);
  EXPECT_EQ(f.publisher->stats().stale_refusals, static_cast<std::uint64_t>(stale));
}

TEST(Publisher, WhatDoesNotFitTheDeclarationIsRefused) {
  Fixture f;
  Candidate unknown = candidate(*f.publisher, "a");
  unknown.collection = "nowhere";
  EXPECT_EQ(f.publisher->submit_and_wait(std::move(unknown)).error().code, ErrorCode::kNotFound);
  Candidate empty = candidate(*f.publisher, "a");
  empty.data = std::shared_ptr<const snapshot::Tree>();
  EXPECT_EQ(f.publisher->submit_and_wait(std::move(empty)).error().code, ErrorCode::kInvalid);
  Candidate wrong = candidate(*f.publisher, "a");
  wrong.data = snapshot::TableBuilder::empty({}, f.publisher->account());
  EXPECT_EQ(f.publisher->submit_and_wait(std::move(wrong)).error().code, ErrorCode::kInvalid);
}

TEST(Publisher, ObserversSeeEveryPublicationInOrderBeforeTheSubmitterGoesOn) {
  Fixture f;
  std::vector<std::string> seen;  // the writer thread only, until submit_and_wait has returned
  f.publisher->observe([&](const Publication& p) {
    seen.push_back(p.previous.text().substr(p.previous.text().find('.')) + "->" +
                   std::to_string(p.revision.number) + " " + p.collection + " " + p.summary);
    EXPECT_EQ(current_revision(f.publisher->view()), p.revision) << "a callback may read";
  });
  ASSERT_TRUE(f.publish("a"));
  ASSERT_TRUE(f.publish("b", "other"));
  EXPECT_THAT(seen, ::testing::ElementsAre(".0->1 config test", ".1->2 other test"));
}

TEST(Publisher, AnObserverMayWriteButNotWaitForItself) {
  Fixture f;
  std::atomic<int> refused{0};
  std::atomic<bool> written{false};
  f.publisher->observe([&](const Publication& p) {
    if (p.collection != "config") return;
    const auto waited = f.publisher->submit_and_wait(candidate(*f.publisher, "x", "other"));
    if (!waited && waited.error().code == ErrorCode::kInvalid) ++refused;
    f.publisher->observe([](const Publication&) {});
    f.publisher->submit(candidate(*f.publisher, "from the observer", "other"),
                        [&](Result<Revision> result) { written = result.has_value(); });
  });
  ASSERT_TRUE(f.publish("a"));
  EXPECT_TRUE(eventually([&] { return written.load(); }));
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(current_value(f.publisher->view(), "other"), R"({"value":"from the observer"})");
}

TEST(Publisher, AnObserverOrReceiverThatThrowsHarmsNobody) {
  Fixture f;
  f.publisher->observe([](const Publication&) { throw std::runtime_error("mine"); });
  std::atomic<bool> called{false};
  f.publisher->observe([&](const Publication&) { called = true; });
  f.publisher->submit(candidate(*f.publisher, "a"),
                      [](Result<Revision>) { throw std::runtime_error("mine too"); });
  EXPECT_TRUE(f.publish("b", "other"));
  EXPECT_TRUE(called);
  EXPECT_EQ(f.publisher->stats().observer_failures, 2U);
}

TEST(Publisher, AFullQueueRefusesAtOnce) {
  PublisherOptions options;
  options.queue_depth_max = 2;
  Fixture f(options);
  std::mutex gate;
  std::unique_lock closed(gate);
  std::atomic<bool> inside{false};
  f.publisher->observe([&](const Publication&) {
    inside = true;
    const std::lock_guard wait(gate);
  });
  std::atomic<int> done{0};
  f.publisher->submit(candidate(*f.publisher, "a"), [&](Result<Revision>) { ++done; });
  ASSERT_TRUE(eventually([&] { return inside.load(); }));
  for (int i = 0; i < 2; ++i) {
    f.publisher->submit(candidate(*f.publisher, "b", "other"), [&](Result<Revision>) { ++done; });
  }
  Error refusal;
  f.publisher->submit(candidate(*f.publisher, "c"),
                      [&](Result<Revision> r) { refusal = r.error(); });
  EXPECT_EQ(refusal.code, ErrorCode::kLimit);
  EXPECT_THAT(refusal.message, HasSubstr("queue_depth_max of 2"));
  closed.unlock();
  EXPECT_TRUE(eventually([&] { return done == 3; }));
}

TEST(Publisher, RetainsByCount) {
  PublisherOptions options;
  options.retained_revisions_max = 2;
  Fixture f(options);
  std::vector<Revision> made;
  for (int i = 0; i < 5; ++i) made.push_back(*f.publish(std::to_string(i)));
  EXPECT_FALSE(f.readable(made[1]));
  EXPECT_TRUE(f.readable(made[2]));
  EXPECT_TRUE(f.readable(made[3]));
  EXPECT_TRUE(f.readable(made[4]));
  EXPECT_FALSE(f.readable({made[4].epoch, made[4].number + 1})) << "the future";
  EXPECT_FALSE(f.readable({made[4].epoch + 1, made[4].number})) << "another epoch";
  EXPECT_FALSE(f.readable({made[4].epoch, 0})) << "nothing was published then";
  EXPECT_EQ(f.publisher->stats().retained_revisions, 2U);
  const std::string old = f.publisher->view().read([&](const View& view) {
    return std::string(view.find(made[2])->find("config")->tree()->layer("app")->text());
  });
  EXPECT_EQ(old, R"({"value":"2"})");
}

TEST(Publisher, OldRevisionsGoByAgeWithoutAnotherWrite) {
  PublisherOptions options;
  options.retained_age_max = std::chrono::seconds(60);
  Fixture f(options);
  const Revision first = *f.publish("first");
  f.clock.advance(std::chrono::seconds(59));
  const Revision second = *f.publish("second");
  f.clock.advance(std::chrono::seconds(59));
  EXPECT_TRUE(f.readable(first)) << "superseded 59 seconds ago";
  const auto bytes = f.publisher->account()->bytes();
  f.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(eventually([&] { return !f.readable(first); }));
  EXPECT_TRUE(f.readable(second));
  EXPECT_TRUE(eventually([&] { return f.publisher->account()->bytes() < bytes; }));
  EXPECT_EQ(current_revision(f.publisher->view()), second) << "no new revision";
}

TEST(Publisher, RetainsByBytes) {
  PublisherOptions options;
  options.retained_bytes_max = 2500;
  Fixture f(options);
  std::vector<Revision> made;
  for (char c = 'a'; c < 'f'; ++c) made.push_back(*f.publish(std::string(1000, c)));
  EXPECT_FALSE(f.readable(made[1]));
  EXPECT_TRUE(f.readable(made[2]));
  EXPECT_TRUE(f.readable(made[3]));
}

TEST(Publisher, APinSurvivesReplacementAndRetention) {
  PublisherOptions options;
  options.retained_revisions_max = 0;
  Fixture f(options);
  ASSERT_TRUE(f.publish("pinned"));
  auto pin = f.publisher->view().pin(
      [](const View& v) -> const snapshot::Snapshot& { return v.current(); });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(f.publish(std::to_string(i)));
  EXPECT_FALSE(f.readable(pin->revision()));
  EXPECT_EQ(pin->find("config")->tree()->layer("app")->text(), R"({"value":"pinned"})");
  const auto bytes = f.publisher->account()->bytes();
  pin.reset();
  EXPECT_TRUE(eventually([&] { return f.publisher->account()->bytes() < bytes; }));
}

TEST(Publisher, ARestartContinuesTheEpoch) {
  const TemporaryDirectory directory;
  PublisherOptions options;
  options.data_dir = directory / "var";
  Revision last;
  {
    Fixture f(options);
    ASSERT_TRUE(f.publish("a"));
    last = *f.publish("b");
  }
  {
    Fixture f(options);
    EXPECT_EQ(current_revision(f.publisher->view()), (Revision{last.epoch, 0}));
    EXPECT_EQ(f.publish("c"), (Revision{last.epoch, last.number + 1}));
  }
  std::filesystem::remove_all(options.data_dir);
  Fixture f(options);
  EXPECT_NE(f.publish("d")->epoch, last.epoch) << "one chance in 2^32";
}

TEST(Publisher, TheSameDataDirectoryTwiceIsRefused) {
  const TemporaryDirectory directory;
  PublisherOptions options;
  options.data_dir = directory / "var";
  const Fixture f(options);
  const auto second = Publisher::open(options, {tree_spec()}, f.clock);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("held by another process"));
}

TEST(Publisher, WhatCannotBeMadeDurableIsNotPublished) {
  const TemporaryDirectory directory;
  PublisherOptions options;
  options.data_dir = directory / "var";
  Fixture f(options);
  ASSERT_TRUE(f.publish("good"));
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  const auto refused = f.publish("bad");
  const std::string meanwhile = current_value(f.publisher->view());
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << refused.error().text();
  EXPECT_EQ(meanwhile, R"({"value":"good"})") << "reads go on";
  EXPECT_EQ(f.publish("better")->number, 2U) << "the number was never visible";
}

TEST(Publisher, StopFailsWhatIsQueuedAndReadsGoOn) {
  Fixture f;
  ASSERT_TRUE(f.publish("a"));
  std::mutex gate;
  std::unique_lock closed(gate);
  std::atomic<bool> inside{false};
  f.publisher->observe([&](const Publication&) {
    inside = true;
    const std::lock_guard wait(gate);
  });
  std::atomic<int> published{0};
  std::atomic<int> unavailable{0};
  const auto count = [&](const Result<Revision>& result) {
    if (result) ++published;
    if (!result && result.error().code == ErrorCode::kUnavailable) ++unavailable;
  };
  f.publisher->submit(candidate(*f.publisher, "b"), count);
  ASSERT_TRUE(eventually([&] { return inside.load(); }));
  for (int i = 0; i < 5; ++i) f.publisher->submit(candidate(*f.publisher, "c", "other"), count);
  f.publisher->stop();
  f.publisher->submit(candidate(*f.publisher, "d", "other"), count);
  EXPECT_EQ(unavailable, 1) << "after stop(), at once";
  closed.unlock();
  EXPECT_TRUE(eventually([&] { return unavailable == 6; }));
  EXPECT_EQ(published, 1) << "what had begun is finished";
  EXPECT_EQ(current_value(f.publisher->view()), R"({"value":"b"})");
  f.publisher.reset();
  EXPECT_EQ(snapshot::Snapshot::alive(), 0U);
}

TEST(Publisher, ReadersRunningWhileItStopsSeeWholeData) {
  auto f = std::make_unique<Fixture>();
  ASSERT_TRUE(f->publish("0"));
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        EXPECT_THAT(current_value(f->publisher->view()), HasSubstr(R"({"value":")"));
        ++reads;
      }
    });
  }
  for (int i = 1; i < 100; ++i) ASSERT_TRUE(f->publish(std::to_string(i)));
  f->publisher->stop();
  const std::uint64_t before = reads;
  EXPECT_TRUE(eventually([&] { return reads > before + 100; }));
  stop = true;
  for (std::thread& reader : readers) reader.join();
  f.reset();
  EXPECT_EQ(snapshot::Snapshot::alive(), 0U);
}

}  // namespace
}  // namespace lull::publish
