#include "lull/publish/progress.h"

#include <algorithm>

namespace lull::publish {

unsigned Progress::State::percent() const noexcept {
  if (phase == Phase::kIdle) return 0;
  if (phase == Phase::kBuilding || bytes_total == 0) return 100;
  return static_cast<unsigned>(100 * std::min(bytes, bytes_total) / bytes_total);
}

void Progress::begin(std::uint64_t bytes_total) {
  const Clock::Steady now = clock_ != nullptr ? clock_->steady() : Clock::Steady{};
  report_at_ = now + kReportInterval;
  const std::lock_guard lock(mutex_);
  begun_at_ = now;
  state_ = {Phase::kParsing, bytes_total, 0, 0, 0};
}

void Progress::step(std::uint64_t records, std::uint64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    parsed_ += records;
    state_.records += records;
    state_.bytes += bytes;
  }
  report_if_due();
}

void Progress::build() {
  {
    const std::lock_guard lock(mutex_);
    state_.phase = Phase::kBuilding;
  }
  report_if_due();
}

void Progress::end() noexcept {
  const std::lock_guard lock(mutex_);
  state_ = {};
}

Error Progress::stopped_error() {
  return {ErrorCode::kUnavailable, "the load was stopped", {}, {}};
}

Progress::State Progress::state() const {
  return state_at(clock_ != nullptr ? clock_->steady() : Clock::Steady{});
}

Progress::State Progress::state_at(Clock::Steady now) const {
  const std::lock_guard lock(mutex_);
  State out = state_;
  if (out.phase != Phase::kIdle) {
    out.seconds = std::chrono::duration<double>(now - begun_at_).count();
  }
  return out;
}

std::uint64_t Progress::parsed() const {
  const std::lock_guard lock(mutex_);
  return parsed_;
}

void Progress::report_if_due() {
  if (clock_ == nullptr || !report_) return;
  const Clock::Steady now = clock_->steady();
  if (now < report_at_) return;
  report_at_ = now + kReportInterval;
  report_(state_at(now));
}

LoadProgress::LoadProgress(Progress& progress, const source::ChangeSet& change_set)
    : progress_(progress) {
  for (const source::FileChange& change : change_set.changes) {
    if (change.bytes) bytes_total_ += change.bytes->size();
  }
  progress_.begin(bytes_total_);
}

}  // namespace lull::publish
