#include "http/counters.h"

#include <algorithm>

namespace lull::http {
namespace {

constexpr auto kBoundNanoseconds = [] {
  std::array<std::int64_t, kRequestSeconds.size()> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): lround is not constexpr; bounds are positive
    out[i] = static_cast<std::int64_t>(kRequestSeconds[i] * 1e9 + 0.5);
  }
  return out;
}();

}  // namespace

void Counters::request(std::size_t route, unsigned status,
                       std::chrono::nanoseconds duration) noexcept {
  const std::size_t clazz = std::clamp<std::size_t>(status / 100, 1, kClasses) - 1;
  Series& series = series_[std::min(route, routes_ - 1) * kClasses + clazz];
  std::size_t bucket = 0;
  while (bucket < kBoundNanoseconds.size() && duration.count() > kBoundNanoseconds[bucket])
    ++bucket;
  add(series.buckets[bucket], 1);
  add(series.sum_nanoseconds, static_cast<std::uint64_t>(duration.count()));
}

void Counters::fold_into(Server::Stats& stats) const {
  stats.connections_open += open();
  stats.connections_accepted += accepted_.load(std::memory_order_relaxed);
  stats.connections_cut += cut_.load(std::memory_order_relaxed);
  stats.reply_bytes_alive += reply_bytes_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < routes_ * kClasses; ++i) {
    HistogramCounts& counts = stats.requests[i].duration;
    for (std::size_t bucket = 0; bucket < counts.counts.size(); ++bucket) {
      counts.counts[bucket] += series_[i].buckets[bucket].load(std::memory_order_relaxed);
    }
    counts.sum_seconds +=
        static_cast<double>(series_[i].sum_nanoseconds.load(std::memory_order_relaxed)) / 1e9;
  }
}

}  // namespace lull::http
