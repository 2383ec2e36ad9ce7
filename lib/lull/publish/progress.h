// How far a load has come: written by its loader, read by status, metrics and log. Also how a load
// is told that nobody waits for it any more.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "lull/base/clock.h"
#include "lull/base/error.h"
#include "lull/source/source.h"

namespace lull::publish {

/// Threads: state(), parsed(), stop() and stopped() from any, the rest from the loader's.
/// Cost: of a step a lock that only state() contends for; loaders step every few thousand records.
class Progress {
 public:
  enum class Phase : std::uint8_t { kIdle, kParsing, kBuilding };
  struct State {
    Phase phase = Phase::kIdle;
    std::uint64_t bytes_total = 0;  ///< Of the files that differ.
    std::uint64_t bytes = 0;        ///< Of them, looked through.
    std::uint64_t records = 0;      ///< Parsed by this load; of a tree, documents.
    double seconds = 0;             ///< Since the load began.

    /// Of the bytes; 100 as soon as building begins, 0 when idle.
    [[nodiscard]] unsigned percent() const noexcept;
  };
  using Report = std::function<void(const State&)>;
  /// A load that takes longer is reported, and again after each further interval.
  static constexpr std::chrono::seconds kReportInterval{3};

  /// Reports to nobody.
  Progress() = default;
  /// `report` is called on the loader's thread. Lifetime: the clock outlives this.
  Progress(const Clock& clock, Report report) : clock_(&clock), report_(std::move(report)) {}

  void begin(std::uint64_t bytes_total);
  /// What was done since the last step.
  void step(std::uint64_t records, std::uint64_t bytes);
  void build();
  void end() noexcept;

  /// This load and all to come are to end soon, with an error: loaders ask at each step.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }
  /// What a load that was stopped ends with.
  [[nodiscard]] static Error stopped_error();

  [[nodiscard]] State state() const;
  /// Records or documents parsed since the start: what was not parsed again shows here.
  [[nodiscard]] std::uint64_t parsed() const;

 private:
  [[nodiscard]] State state_at(Clock::Steady now) const;
  void report_if_due();

  const Clock* const clock_ = nullptr;
  const Report report_;
  std::atomic<bool> stopped_{false};
  Clock::Steady report_at_{};  // the loader's thread

  mutable std::mutex mutex_;  // guards what follows
  Clock::Steady begun_at_{};
  State state_;
  std::uint64_t parsed_ = 0;
};

/// Tells of one load, from here to the end of the scope.
class LoadProgress {
 public:
  LoadProgress(Progress& progress, const source::ChangeSet& change_set);
  ~LoadProgress() { progress_.end(); }
  LoadProgress(const LoadProgress&) = delete;
  LoadProgress& operator=(const LoadProgress&) = delete;

  [[nodiscard]] std::uint64_t bytes_total() const noexcept { return bytes_total_; }

 private:
  Progress& progress_;
  std::uint64_t bytes_total_ = 0;
};

}  // namespace lull::publish
