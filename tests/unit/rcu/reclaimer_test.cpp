#include "lull/rcu/reclaimer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

#include "lull/rcu/pin.h"
#include "support.h"

namespace lull::rcu {
namespace {

/// Calls back when it is freed.
struct Thing final : Reclaimable {
  explicit Thing(std::function<void()> when_freed) : on_free(std::move(when_freed)) {}
  ~Thing() override { on_free(); }
  std::function<void()> on_free;
};

struct Item final : Pinnable {
  Item(Reclaimer& reclaimer, Deaths& item_deaths) : Pinnable(reclaimer), deaths(item_deaths) {}
  ~Item() override { deaths.record(); }
  Deaths& deaths;
};

class ReclaimerTest : public testing::Test {
 protected:
  void retire_counted() {
    reclaimer_->retire(std::make_unique<Thing>([this] { deaths_.record(); }));
  }

  SystemClock clock_;
  Deaths deaths_;
  std::optional<Reclaimer> reclaimer_{std::in_place, clock_};
};

TEST_F(ReclaimerTest, DrainWaitsForAllThatWasHandedOver) {
  for (int round = 1; round <= 50; ++round) {
    retire_counted();
    retire_counted();
    reclaimer_->drain();
    ASSERT_EQ(deaths_.count.load(), 2 * round);
  }
}

TEST_F(ReclaimerTest, DrainWaitsForTheEndOfSlowDestructors) {
  std::atomic<bool> destroyed{false};
  reclaimer_->retire(std::make_unique<Thing>([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    destroyed.store(true);
  }));
  reclaimer_->drain();
  EXPECT_TRUE(destroyed.load());
}

TEST_F(ReclaimerTest, DrainWaitsForWhatAFreedObjectLetGoOf) {
  for (int i = 1; i <= 50; ++i) {
    auto hold = std::make_shared<Pin<Item>>(Pin<Item>::adopt(new Item(*reclaimer_, deaths_)));
    reclaimer_->retire(std::make_unique<Thing>([hold] { hold->reset(); }));
    hold.reset();
    reclaimer_->drain();
    ASSERT_EQ(deaths_.count.load(), i);
  }
}

TEST_F(ReclaimerTest, DrainEndsThoughOthersKeepRetiring) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop.load()) {
      if (reclaimer_->stats().pending < 1000) retire_counted();
    }
  });
  ASSERT_TRUE(eventually([&] { return deaths_.count.load() > 0; }));
  for (int i = 0; i < 10; ++i) reclaimer_->drain();
  stop.store(true);
  busy.join();
}

TEST_F(ReclaimerTest, DrainWithNothingToDoReturns) {
  reclaimer_->drain();
  reclaimer_->drain();
}

TEST_F(ReclaimerTest, TheDestructorFreesWhatIsLeft) {
  auto hold = std::make_shared<Pin<Item>>(Pin<Item>::adopt(new Item(*reclaimer_, deaths_)));
  reclaimer_->retire(std::make_unique<Thing>([hold] { hold->reset(); }));
  hold.reset();
  for (int i = 0; i < 1000; ++i) retire_counted();
  reclaimer_.reset();
  EXPECT_EQ(deaths_.count.load(), 1001);
}

// The stop must not overtake an object that was handed over just before it.
TEST_F(ReclaimerTest, TheDestructorFreesWhatWasHandedOverAMomentAgo) {
  constexpr int kRounds = 3000;
  for (int i = 0; i < kRounds; ++i) {
    if (i % 2 == 0) reclaimer_->drain();  // catches the thread busy or asleep
    retire_counted();
    reclaimer_.reset();
    ASSERT_EQ(deaths_.count.load(), i + 1);
    reclaimer_.emplace(clock_);
  }
}

TEST_F(ReclaimerTest, CountsWhatIsFreedAndWhatIsPending) {
  {
    const ReadSection section;
    for (int i = 0; i < 5; ++i) retire_counted();
    EXPECT_EQ(reclaimer_->stats().pending, 5U);
    EXPECT_EQ(reclaimer_->stats().freed, 0U);
  }
  reclaimer_->drain();
  const Reclaimer::Stats stats = reclaimer_->stats();
  EXPECT_EQ(stats.freed, 5U);
  EXPECT_EQ(stats.pending, 0U);
  const auto& counts = stats.grace_period.counts;
  const auto periods = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  EXPECT_GE(periods, 1U);
  EXPECT_LE(periods, 5U);
}

TEST_F(ReclaimerTest, OneGracePeriodServesABatch) {
  {
    const ReadSection section;
    retire_counted();  // starts a grace period, which this section holds back
    ASSERT_TRUE(eventually([&] { return reclaimer_->stats().waiting_seconds > 0; }));
    for (int i = 0; i < 100; ++i) retire_counted();
  }
  reclaimer_->drain();
  const auto counts = reclaimer_->stats().grace_period.counts;
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), 2U);
}

TEST_F(ReclaimerTest, UnpinnedObjectsNeedNoGracePeriod) {
  const ReadSection section;  // would hold one back
  Pin<Item>::adopt(new Item(*reclaimer_, deaths_)).reset();
  EXPECT_TRUE(eventually([&] { return deaths_.count.load() == 1; }));
}

TEST(ReclaimerClock, ShowsHowLongAGracePeriodIsHeldBack) {
  ManualClock clock;  // stands at zero, which is a time like any other
  Deaths deaths;
  Reclaimer reclaimer(clock);
  EXPECT_EQ(reclaimer.stats().waiting_seconds, 0);
  {
    const ReadSection section;
    reclaimer.retire(std::make_unique<Thing>([&] { deaths.record(); }));
    // It shows only once the reclaimer has taken its start time, so turn the clock until it does.
    EXPECT_TRUE(eventually([&] {
      clock.advance(std::chrono::seconds(10));
      return reclaimer.stats().waiting_seconds >= 10;
    }));
  }
  reclaimer.drain();
  EXPECT_EQ(reclaimer.stats().waiting_seconds, 0);
  EXPECT_GE(reclaimer.stats().grace_period.sum_seconds, 10);
}

TEST_F(ReclaimerTest, FreesOnAThreadOfLowerPriorityThanOurs) {
  const int ours = getpriority(PRIO_PROCESS, 0);
  std::atomic<int> theirs{0};
  reclaimer_->retire(std::make_unique<Thing>(
      [&] { theirs.store(getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)))); }));
  reclaimer_->drain();
  EXPECT_GT(theirs.load(), ours);
}

TEST_F(ReclaimerTest, TakesObjectsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 1000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int j = 0; j < kEach; ++j) {
        retire_counted();
        Pin<Item>::adopt(new Item(*reclaimer_, deaths_)).reset();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  reclaimer_->drain();
  EXPECT_EQ(deaths_.count.load(), 2 * kThreads * kEach);
  EXPECT_EQ(reclaimer_->stats().freed, 2U * kThreads * kEach);
}

}  // namespace
}  // namespace lull::rcu
