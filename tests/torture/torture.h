// What torture tests share: how long, which seed, and findings from many threads.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace lull::torture {

using Steady = std::chrono::steady_clock;

inline std::uint64_t environment_number(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// The seed of all random choices; LULL_SEED replays one.
inline std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const std::uint64_t chosen = environment_number("LULL_SEED", std::random_device{}());
    std::printf("LULL_SEED=%llu\n", static_cast<unsigned long long>(chosen));
    return chosen;
  }();
  return value;
}

/// A generator of one thread's choices.
inline std::mt19937_64 choices(std::uint64_t thread) {
  return std::mt19937_64(seed() + thread);
}

/// A run of LULL_TORTURE_SECONDS that goes on until enough has happened to prove something, and
/// fails if that takes a minute longer: on a busy machine a run is longer, not weaker.
class Trial {
 public:
  template <class Enough>
  void wait(Enough enough) {
    while (failed_.load(std::memory_order_relaxed) == 0) {
      const auto elapsed = Steady::now() - start_;
      if (elapsed >= planned_ && enough()) break;
      if (elapsed >= planned_ + std::chrono::minutes(1)) {
        finding("not enough happened within a minute more than planned");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    stop_.store(true, std::memory_order_relaxed);
  }

  [[nodiscard]] bool stopped() const { return stop_.load(std::memory_order_relaxed); }

  /// Notes what must not happen, ends the run and keeps the first few.
  void finding(const std::string& what) {
    if (failed_.fetch_add(1, std::memory_order_relaxed) < 5) {
      const std::lock_guard lock(mutex_);
      ADD_FAILURE() << what << " (LULL_SEED=" << seed() << ")";
    }
    stop_.store(true, std::memory_order_relaxed);
  }

 private:
  Steady::time_point start_ = Steady::now();
  Steady::duration planned_ = std::chrono::seconds(environment_number("LULL_TORTURE_SECONDS", 3));
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
};

/// Lets others run until `done` or for this long: a reader that is slow at the worst moment.
template <class Done>
void dawdle(std::chrono::microseconds longest, Done done) {
  const auto deadline = Steady::now() + longest;
  while (!done() && Steady::now() < deadline) std::this_thread::yield();
}

/// How often an age was seen; the last bucket takes all that are older.
class Ages {
 public:
  static constexpr std::size_t kBuckets = 24;

  void count(std::uint64_t age) {
    counts_[std::min<std::uint64_t>(age, kBuckets - 1)].fetch_add(1, std::memory_order_relaxed);
  }
  void print(const char* unit) const {
    std::printf("ages in %s:", unit);
    for (std::size_t age = 0; age < kBuckets; ++age) {
      if (const auto n = counts_[age].load(std::memory_order_relaxed); n != 0) {
        std::printf(" %zu:%llu", age, static_cast<unsigned long long>(n));
      }
    }
    std::printf("\n");
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace lull::torture
