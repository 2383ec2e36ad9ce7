// Row 12: a reader stalled in a section. Row 44's half below HTTP: pins that hold old data.
#include <gmock/gmock.h>

#include "support.h"

namespace lull::publish {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kLimit = 1U << 20U;
constexpr std::size_t kValue = 100'000;

std::unique_ptr<Publisher> open(const Clock& clock, std::size_t retained = 0) {
  PublisherOptions options;
  options.snapshot_bytes_alive_max = kLimit;
  options.retained_revisions_max = retained;
  return *Publisher::open(options, {tree_spec()}, clock);
}

/// Submits one candidate after the other from a thread of its own, as a source does.
class Submitter {
 public:
  explicit Submitter(Publisher& publisher)
      : thread_([this, &publisher] {
          for (int i = 0; !stop_; ++i) {
            const auto result = publisher.submit_and_wait(
                candidate(publisher, std::string(kValue, static_cast<char>('a' + i % 26))));
            (result ? published_ : failed_).fetch_add(1);
          }
        }) {}
  ~Submitter() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] int published() const { return published_; }
  [[nodiscard]] int failed() const { return failed_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> published_{0};
  std::atomic<int> failed_{0};
  std::thread thread_;
};

/// A thread that enters a read section and stays there until let go.
class StalledReader {
 public:
  explicit StalledReader(const PublishedView& view)
      : thread_([this, &view] {
          view.read([this](const View& v) {
            value_ = v.current().find("config")->tree()->layer("app")->text();
            inside_ = true;
            inside_.notify_all();
            leave_.wait(false);
            value_matches_ = v.current().find("config")->tree()->layer("app")->text() == value_;
            return 0;
          });
        }) {
    inside_.wait(false);
  }
  bool leave() {
    leave_ = true;
    leave_.notify_all();
    thread_.join();
    return value_matches_;
  }

 private:
  std::atomic<bool> inside_{false};
  std::atomic<bool> leave_{false};
  std::string value_;
  bool value_matches_ = false;
  std::thread thread_;
};

TEST(MemoryLimit, AStalledReaderMakesPublishingWaitInsteadOfGrow) {
  const SystemClock clock;
  const auto publisher = open(clock);
  ASSERT_TRUE(publisher->submit_and_wait(candidate(*publisher, std::string(kValue, 'z'))));
  StalledReader reader(publisher->view());
  const Submitter submitter(*publisher);
  ASSERT_TRUE(eventually([&] { return publisher->stats().waiting_for_memory; }));
  EXPECT_TRUE(publisher->pressure());
  const int published = submitter.published();
  const auto bytes = publisher->account()->bytes();
  // It stays so for longer than waiting in vain would last, because something old is alive.
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_LE(publisher->account()->bytes(), kLimit + 2 * kValue) << "one candidate on top";
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(submitter.published(), published);
  EXPECT_EQ(publisher->account()->bytes(), bytes);
  EXPECT_GT(publisher->stats().reclaimer.waiting_seconds, 1.0);
  EXPECT_TRUE(reader.leave()) << "its data was intact to the end";
  EXPECT_TRUE(eventually([&] { return submitter.published() > published + 20; })) << "recovered";
  EXPECT_EQ(submitter.failed(), 0);
  EXPECT_TRUE(eventually([&] { return !publisher->stats().waiting_for_memory; }));
}

TEST(MemoryLimit, PinsThatHoldOldDataAreReportedAndPublishingGoesOnWithoutThem) {
  const SystemClock clock;
  const auto publisher = open(clock);
  std::vector<rcu::Pin<snapshot::Snapshot>> pins;
  const auto hold = [&] {
    pins.push_back(publisher->view().pin(
        [](const View& v) -> const snapshot::Snapshot& { return v.current(); }));
  };
  for (std::size_t i = 0; i < kLimit / kValue - 1; ++i) {
    ASSERT_TRUE(publisher->submit_and_wait(candidate(*publisher, std::string(kValue, 'a'))));
    hold();
  }
  const Submitter submitter(*publisher);
  ASSERT_TRUE(eventually([&] { return publisher->pressure(); }));
  const int published = submitter.published();
  pins.clear();  // what the HTTP layer does with old ones
  EXPECT_TRUE(eventually([&] { return submitter.published() > published + 5; }));
  EXPECT_EQ(submitter.failed(), 0);
}

TEST(MemoryLimit, RetainedRevisionsGoFirst) {
  const SystemClock clock;
  const auto publisher = open(clock, 1000);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(publisher->submit_and_wait(candidate(*publisher, std::string(kValue, 'a'))));
    ASSERT_LE(publisher->account()->bytes(), kLimit + 2 * kValue);
  }
  const auto stats = publisher->stats();
  EXPECT_GT(stats.retained_revisions, 0U);
  EXPECT_LT(stats.retained_revisions, 11U);
}

TEST(MemoryLimit, DataThatCanNeverFitIsRefusedWithBothNumbers) {
  const SystemClock clock;
  const auto publisher = open(clock);
  ASSERT_TRUE(publisher->submit_and_wait(candidate(*publisher, "small")));
  const auto refused =
      publisher->submit_and_wait(candidate(*publisher, std::string(2 * kLimit, 'a')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_THAT(refused.error().message, HasSubstr("snapshot_bytes_alive_max of 1048576"));
  EXPECT_EQ(current_value(publisher->view()), R"({"value":"small"})");
  EXPECT_FALSE(publisher->pressure());
  EXPECT_TRUE(publisher->submit_and_wait(candidate(*publisher, "small again")));
}

TEST(MemoryLimit, StopEndsTheWait) {
  const SystemClock clock;
  auto publisher = open(clock);
  ASSERT_TRUE(publisher->submit_and_wait(candidate(*publisher, std::string(kValue, 'z'))));
  StalledReader reader(publisher->view());
  std::atomic<int> code{-1};
  std::thread submitter([&] {
    for (;;) {
      const auto result =
          publisher->submit_and_wait(candidate(*publisher, std::string(kValue, 'a')));
      if (result) continue;
      code = static_cast<int>(result.error().code);
      return;
    }
  });
  EXPECT_TRUE(eventually([&] { return publisher->pressure(); }));
  publisher->stop();
  submitter.join();
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kUnavailable));
  EXPECT_TRUE(reader.leave());
}

}  // namespace
}  // namespace lull::publish
