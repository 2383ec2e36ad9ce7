// Frees what readers can no longer reach, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <thread>

#include "lull/base/clock.h"
#include "lull/base/histogram.h"

namespace lull::rcu {

/// What a reclaimer can free.
class Reclaimable {
 public:
  Reclaimable() = default;
  Reclaimable(const Reclaimable&) = delete;
  Reclaimable& operator=(const Reclaimable&) = delete;
  virtual ~Reclaimable() = default;

 private:
  friend class Reclaimer;
  mutable const Reclaimable* next_ = nullptr;  // the reclaimer's lists; set once nobody else looks
};

/// Frees retired objects after one grace period a batch, and unpinned ones at once.
/// Threads: all members from any; objects are freed on the reclaimer's own low-priority thread.
/// Lifetime: outlives every Published and Pin that uses it; the destructor frees what is left.
/// Cost: retire and reclaim are one compare-and-swap and, when the thread sleeps, a futex wake;
/// they allocate nothing and cannot fail.
class Reclaimer {
 public:
  explicit Reclaimer(const Clock& clock);
  ~Reclaimer();
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  /// Frees an object that was just made unreachable, once every reader of today has left.
  void retire(std::unique_ptr<const Reclaimable> object) noexcept;

  /// Frees an object that no reader can reach any more: its last pin is gone.
  void reclaim(const Reclaimable& object) noexcept;

  /// Waits until everything that was handed over before the call is freed, and what that let go of
  /// too (one step: the holds of a freed object). Ends also while others keep handing over.
  /// Not inside a read section, nor on the reclaimer's thread.
  void drain() noexcept;

  /// Objects freed.
  [[nodiscard]] std::uint64_t freed() const noexcept {
    return freed_.load(std::memory_order_relaxed);
  }

  struct Stats {
    std::uint64_t freed = 0;    ///< Objects freed.
    std::uint64_t pending = 0;  ///< Objects handed over and not freed yet.
    HistogramCounts grace_period;
    /// How long the grace period that runs now has lasted, in seconds; 0 when none runs. A large
    /// value means that some thread is stalled inside a read section.
    double waiting_seconds = 0;
  };
  [[nodiscard]] Stats stats() const;

 private:
  using List = std::atomic<const Reclaimable*>;

  static constexpr std::int64_t kNotWaiting = std::numeric_limits<std::int64_t>::min();

  void push(List& list, const Reclaimable* object) noexcept;
  void wake() noexcept;
  void run() noexcept;
  void free_all(const Reclaimable* list) noexcept;

  const Clock& clock_;
  List retired_{nullptr};                 // any thread pushes, run() takes all
  List unpinned_{nullptr};                // likewise
  std::atomic<std::uint64_t> handed_{0};  // any thread: objects handed over
  std::atomic<std::uint64_t> freed_{0};   // run() only
  std::atomic<std::uint32_t> signal_{0};  // any thread: grows with every wake(); run() sleeps on it
  std::atomic<std::uint32_t> passes_{0};  // run() only: grows with every pass over the lists
  std::atomic<bool> stopping_{false};     // the destructor
  std::atomic<std::int64_t> waiting_since_ns_{kNotWaiting};  // run() only
  Histogram grace_period_{kWorkSeconds};
  std::thread thread_;
};

}  // namespace lull::rcu
