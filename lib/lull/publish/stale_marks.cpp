#include "lull/publish/stale_marks.h"

#include <algorithm>
#include <utility>

namespace lull::publish {
namespace {

std::int64_t calendar_seconds(Clock::Wall time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

StaleMarks::StaleMarks(const std::vector<CollectionSpec>& collections, const Clock& clock)
    : clock_(clock) {
  for (const CollectionSpec& spec : collections) marks_.emplace_back(spec.name);
}

const StaleMarks::Mark* StaleMarks::find(std::string_view collection) const noexcept {
  const auto found = std::ranges::find(marks_, collection, &Mark::name);
  return found == marks_.end() ? nullptr : &*found;
}

StaleMarks::Mark* StaleMarks::find(std::string_view collection) noexcept {
  return const_cast<Mark*>(std::as_const(*this).find(collection));
}

void StaleMarks::set(std::string_view collection, Clock::Wall read) noexcept {
  Mark* const mark = find(collection);
  if (mark == nullptr) return;
  mark->since.store(calendar_seconds(read), std::memory_order_release);
  mark->state.store(State::kStale, std::memory_order_release);
  any_.store(true, std::memory_order_release);
}

bool StaleMarks::clear(std::string_view collection, bool confirmed) noexcept {
  Mark* const mark = find(collection);
  State before = State::kStale;
  return mark != nullptr &&
         mark->state.compare_exchange_strong(
             before, confirmed ? State::kConfirmed : State::kReplaced, std::memory_order_acq_rel);
}

/// A clock that was set back makes nothing younger than it is: 0 at least.
std::int64_t StaleMarks::age(const Mark& mark) const noexcept {
  return std::max<std::int64_t>(
      0, calendar_seconds(clock_.wall()) - mark.since.load(std::memory_order_acquire));
}

std::optional<std::int64_t> StaleMarks::seconds(std::string_view collection) const noexcept {
  const Mark* const mark = find(collection);
  if (mark == nullptr || mark->state.load(std::memory_order_acquire) != State::kStale) {
    return std::nullopt;
  }
  return age(*mark);
}

std::optional<std::int64_t> StaleMarks::seconds_of(const snapshot::Snapshot& snapshot,
                                                   std::string_view collection) const noexcept {
  const auto* const found = snapshot.find(collection);
  const Mark* const mark = find(collection);
  if (found == nullptr || !found->restored || mark == nullptr ||
      mark->state.load(std::memory_order_acquire) == State::kConfirmed) {
    return std::nullopt;
  }
  return age(*mark);
}

}  // namespace lull::publish
