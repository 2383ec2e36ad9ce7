// A histogram that any thread may observe without a lock.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace lull {

/// Copied counts of a histogram. `counts` has one more element than `bounds`: what lies above.
struct HistogramCounts {
  std::span<const double> bounds;  ///< Upper bounds in seconds, ascending, inclusive; static data.
  std::vector<std::uint64_t> counts;
  double sum_seconds = 0;
};

/// Durations in fixed buckets. Threads: observe and counts from any; the sums are relaxed, so that
/// counts taken during an observation may miss it. Cost: two relaxed additions.
class Histogram {
 public:
  static constexpr std::size_t kBoundsMax = 24;

  /// `bounds` must be static, ascending and at most kBoundsMax long.
  explicit Histogram(std::span<const double> bounds) noexcept : bounds_(bounds) {}

  void observe(double seconds) noexcept {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && seconds > bounds_[bucket]) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_nanoseconds_.fetch_add(static_cast<std::uint64_t>(seconds * 1e9),
                               std::memory_order_relaxed);
  }

  [[nodiscard]] HistogramCounts counts() const {
    HistogramCounts out{bounds_, {}, 0};
    for (std::size_t i = 0; i <= bounds_.size(); ++i) {
      out.counts.push_back(counts_[i].load(std::memory_order_relaxed));
    }
    out.sum_seconds = static_cast<double>(sum_nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
    return out;
  }

 private:
  std::span<const double> bounds_;
  std::array<std::atomic<std::uint64_t>, kBoundsMax + 1> counts_{};
  std::atomic<std::uint64_t> sum_nanoseconds_{0};
};

/// Buckets for work of 10 us to 10 s: publications, grace periods.
inline constexpr std::array<double, 13> kWorkSeconds = {
    1e-5, 1e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.5, 1, 10};

}  // namespace lull
