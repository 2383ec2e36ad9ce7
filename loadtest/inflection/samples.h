// Times in buckets 3% wide, so that a thread's samples need one bounded block of memory.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lull::inflection {

inline constexpr std::size_t kBuckets = 36 * 32;  // up to 2^40 ns: 18 minutes

inline std::size_t bucket_of(std::uint64_t nanoseconds) noexcept {
  const std::uint64_t value = std::min(nanoseconds, (std::uint64_t{1} << 40U) - 1);
  if (value < 64) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 6U;
  return std::size_t{shift} * 32 + (value >> shift);
}

/// The longest time that falls into a bucket.
inline std::uint64_t bucket_end(std::size_t bucket) noexcept {
  if (bucket < 64) return bucket;
  return ((std::uint64_t{bucket} % 32 + 33) << (bucket / 32 - 1)) - 1;
}

/// One thread adds; others may look meanwhile.
class Samples {
 public:
  void add(std::uint64_t nanoseconds) noexcept {
    std::atomic<std::uint32_t>& count = counts_[bucket_of(nanoseconds)];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void add_to(std::vector<std::uint64_t>& counts) const {
    for (std::size_t i = 0; i < kBuckets; ++i) counts[i] += counts_[i].load();
  }

 private:
  std::array<std::atomic<std::uint32_t>, kBuckets> counts_{};
};

/// Nearest rank, as the end of its bucket; 0 when there are no samples.
inline std::uint64_t percentile(const std::vector<std::uint64_t>& counts, std::uint64_t percent) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : counts) all += count;
  const std::uint64_t rank = (all * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (seen >= rank && seen > 0) return bucket_end(i);
  }
  return 0;
}

}  // namespace lull::inflection
