// What the tests of this folder share.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "lull/base/clock.h"

namespace lull::rcu {

/// Waits for what another thread is bound to do; false after ten seconds.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// A clock that a test turns by hand, from any thread.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return Wall{}; }
  [[nodiscard]] Steady steady() const override { return Steady{now_.load()}; }
  void advance(std::chrono::nanoseconds by) { now_.store(now_.load() + by); }

 private:
  std::atomic<Steady::duration> now_{Steady::duration{0}};
};

/// Where and how often objects of a test were destroyed.
struct Deaths {
  std::atomic<int> count{0};
  std::atomic<std::thread::id> thread{};

  void record() {
    thread.store(std::this_thread::get_id());
    count.fetch_add(1);
  }
};

}  // namespace lull::rcu
