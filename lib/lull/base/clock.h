// Time is injected: tests turn the clock by hand.
#pragma once

#include <chrono>

namespace lull {

/// Where time comes from. Threads: any.
class Clock {
 public:
  using Wall = std::chrono::system_clock::time_point;
  using Steady = std::chrono::steady_clock::time_point;

  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// Calendar time: for people only (logs, status, history). It may jump; nothing is timed by it.
  [[nodiscard]] virtual Wall wall() const = 0;
  /// Time that never jumps: for every duration, deadline and age.
  [[nodiscard]] virtual Steady steady() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] Steady steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace lull
