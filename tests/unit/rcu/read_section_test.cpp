#include "lull/rcu/read_section.h"

#include <gtest/gtest.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "support.h"

namespace lull::rcu {
namespace {

TEST(ReadSection, IsOpenExactlyForItsScope) {
  EXPECT_FALSE(in_read_section());
  {
    const ReadSection section;
    EXPECT_TRUE(in_read_section());
  }
  EXPECT_FALSE(in_read_section());
}

TEST(ReadSection, NestsAndEndsWithTheOutermost) {
  const auto outer = [] {
    const ReadSection section;
    { const ReadSection inner; }
    return in_read_section();
  };
  EXPECT_TRUE(outer());
  EXPECT_FALSE(in_read_section());
}

TEST(ReadSection, EndsWhenAnExceptionPasses) {
  try {
    const ReadSection section;
    throw 1;
  } catch (int) {
    EXPECT_FALSE(in_read_section());
  }
}

TEST(ReadSection, BelongsToOneThread) {
  const ReadSection section;
  bool other = true;
  std::thread([&] { other = in_read_section(); }).join();
  EXPECT_FALSE(other);
}

// The reader opens its section before the grace period begins; the grace period may end only after
// the reader has said that it is about to leave.
TEST(Synchronize, WaitsForASectionThatIsOpen) {
  std::atomic<bool> open{false};
  std::atomic<bool> waiting{false};
  std::atomic<bool> leaving{false};
  std::thread reader([&] {
    const ReadSection section;
    {
      const ReadSection nested;  // its end must not end the grace period
    }
    open.store(true);
    EXPECT_TRUE(eventually([&] { return waiting.load(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // room for a wrong end
    leaving.store(true);
  });
  ASSERT_TRUE(eventually([&] { return open.load(); }));
  waiting.store(true);
  synchronize();
  EXPECT_TRUE(leaving.load());
  reader.join();
}

TEST(Synchronize, DoesNotWaitForSectionsThatBeginLater) {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> sections{0};
  std::thread reader([&] {  // never idle for long: only a wait for old sections alone can end
    while (!stop.load()) {
      const ReadSection section;
      sections.fetch_add(1);
    }
  });
  ASSERT_TRUE(eventually([&] { return sections.load() > 0; }));
  for (int i = 0; i < 20; ++i) synchronize();
  stop.store(true);
  reader.join();
}

TEST(Synchronize, ForgetsThreadsThatEnded) {
  for (int i = 0; i < 50; ++i) {
    std::thread([] { const ReadSection section; }).join();
  }
  synchronize();
}

TEST(Synchronize, SectionsInThreadLocalDestructorsStillCount) {
  struct AtExit {
    std::shared_ptr<bool> was_inside;
    ~AtExit() {
      const ReadSection section;
      *was_inside = in_read_section();
    }
  };
  const auto was_inside = std::make_shared<bool>(false);
  std::thread([&] {
    { const ReadSection registers_the_thread; }
    thread_local std::unique_ptr<AtExit> at_exit;
    at_exit.reset(new AtExit{was_inside});
  }).join();
  EXPECT_TRUE(*was_inside);
  synchronize();
}

TEST(Synchronize, SaysWhetherMembarrierIsUsed) {
  const long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  const bool offered = commands > 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
  EXPECT_EQ(uses_membarrier(), offered);
}

#if !defined(NDEBUG) && !defined(__SANITIZE_THREAD__)
TEST(SynchronizeDeathTest, InsideASectionIsRefusedAndNotADeadlock) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        const ReadSection section;
        synchronize();
      },
      "grace period inside a read section");
}
#endif

}  // namespace
}  // namespace lull::rcu
