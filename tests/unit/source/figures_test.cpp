// What a change and idleness cost in a directory of 1,000 files: prints figures, and fails only
// when they are out of all proportion.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "harness.h"

namespace lull::source {
namespace {

constexpr int kFiles = 1000;

class Figures : public SourceTest {
 protected:
  Figures() {
    for (int i = 0; i < kFiles; ++i) {
      write_file(at(name(i)), "name: service-" + std::to_string(i) + "\n");
    }
  }
  static std::string name(int i) { return "file" + std::to_string(i) + ".yaml"; }

  static double process_cpu_ms() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }
};

TEST_F(Figures, FromTheWriteToTheOffer) {
  constexpr std::size_t kChanges = 200;
  start(options_for(at(), Mode::kInotify));
  ASSERT_TRUE(sink_.wait_for_offers(1));
  const auto scans = source_->state().scans;
  std::vector<double> latencies_ms;
  for (std::size_t i = 0; i < kChanges; ++i) {
    const std::string file = name(static_cast<int>(i * 7 % kFiles));
    const std::string bytes = "change: " + std::to_string(i) + "\n";
    const auto begun = std::chrono::steady_clock::now();
    if (i % 2 == 0) {
      write_file(at(file), bytes);
    } else {
      replace_file(at(file), bytes);
    }
    ASSERT_TRUE(sink_.wait_for_file(file, bytes));
    latencies_ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
            .count());
  }
  std::sort(latencies_ms.begin(), latencies_ms.end());
  const double p50 = latencies_ms[kChanges / 2];
  const double p99 = latencies_ms[kChanges * 99 / 100];
  std::printf(
      "write to offer, %d files, quiet 20 ms, %zu changes: p50 %.1f ms, p99 %.1f ms, %.2f tries "
      "each\n",
      kFiles, kChanges, p50, p99, static_cast<double>(source_->state().scans - scans) / kChanges);
  EXPECT_LT(p50, 1000.0);
  source_.reset();
}

TEST_F(Figures, Idle) {
  auto options = options_for(at(), Mode::kInotify);
  options.rescan_interval = milliseconds(100);  // fifty times more often than by default
  start(options);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  ASSERT_TRUE(looks_after(*source_, 1, [] {}));
  const auto scans = source_->state().scans;
  const double before = process_cpu_ms();
  std::this_thread::sleep_for(milliseconds(3000));
  const double cpu = process_cpu_ms() - before;
  const auto looks = static_cast<double>(source_->state().scans - scans);
  ASSERT_GT(looks, 1.0);
  const double per_look = cpu / looks;
  std::printf("idle, %d files: %.2f ms of CPU a try, %.3f%% of a core at one in 5 s\n", kFiles,
              per_look, per_look / 5000 * 100);
  EXPECT_LT(per_look, 100.0);
  source_.reset();
}

}  // namespace
}  // namespace lull::source
