// What one thread counts.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "http/server.h"

namespace lull::http {

/// Upper bounds of the request histogram, in seconds.
inline constexpr std::array<double, 16> kRequestSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
    0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

/// The counters of one server thread.
/// Threads: only that thread writes, so that a count is a load and a store without a locked
/// instruction; any thread may read. All accesses are relaxed: a count orders nothing.
class alignas(64) Counters {
 public:
  explicit Counters(std::size_t routes)
      : series_(std::make_unique<Series[]>(routes * kClasses)), routes_(routes) {}

  void request(std::size_t route, unsigned status, std::chrono::nanoseconds duration) noexcept;
  void opened() noexcept {
    add(open_, 1);
    add(accepted_, 1);
  }
  void closed() noexcept { add(open_, std::uint64_t{0} - 1); }
  void cut() noexcept { add(cut_, 1); }
  void reply_bytes(std::uint64_t bytes) noexcept {
    reply_bytes_.store(bytes, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t open() const noexcept {
    return open_.load(std::memory_order_relaxed);
  }
  /// Adds these counts to `stats`, whose `requests` has a slot for each route and class.
  void fold_into(Server::Stats& stats) const;

  static constexpr std::size_t kClasses = 5;  ///< 1xx to 5xx

 private:
  using Count = std::atomic<std::uint64_t>;
  struct Series {
    std::array<Count, kRequestSeconds.size() + 1> buckets{};
    Count sum_nanoseconds{0};
  };

  static void add(Count& count, std::uint64_t by) noexcept {
    count.store(count.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::unique_ptr<Series[]> series_;
  std::size_t routes_;
  Count open_{0};
  Count accepted_{0};
  Count cut_{0};
  Count reply_bytes_{0};
};

}  // namespace lull::http
