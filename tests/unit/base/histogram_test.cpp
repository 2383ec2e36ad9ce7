#include "lull/base/histogram.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace lull {
namespace {

constexpr std::array<double, 3> kBounds = {0.001, 0.01, 0.1};

TEST(Histogram, BoundsAreInclusiveAndTheRestHasABucketOfItsOwn) {
  Histogram histogram{kBounds};
  for (const double seconds : {0.0, 0.001, 0.0011, 0.01, 0.1, 0.11, 7.0}) {
    histogram.observe(seconds);
  }
  const HistogramCounts counts = histogram.counts();
  EXPECT_EQ(counts.counts, (std::vector<std::uint64_t>{2, 2, 1, 2}));
  EXPECT_EQ(counts.bounds.data(), kBounds.data());
  EXPECT_NEAR(counts.sum_seconds, 7.2221, 1e-6);
}

TEST(Histogram, StartsEmptyWithOneBucketMoreThanBounds) {
  const HistogramCounts counts = Histogram{kWorkSeconds}.counts();
  EXPECT_EQ(counts.counts, std::vector<std::uint64_t>(kWorkSeconds.size() + 1, 0));
  EXPECT_EQ(counts.sum_seconds, 0);
}

TEST(Histogram, LosesNothingThatSeveralThreadsObserve) {
  constexpr int kEach = 10'000;
  Histogram histogram{kBounds};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kEach; ++j) histogram.observe(0.005);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(histogram.counts().counts[1], 3U * kEach);
  EXPECT_NEAR(histogram.counts().sum_seconds, 3 * kEach * 0.005, 1e-3);
}

TEST(Histogram, BoundsForWorkAscendAndFit) {
  ASSERT_LE(kWorkSeconds.size(), Histogram::kBoundsMax);
  for (std::size_t i = 1; i < kWorkSeconds.size(); ++i) {
    EXPECT_LT(kWorkSeconds[i - 1], kWorkSeconds[i]);
  }
}

}  // namespace
}  // namespace lull
