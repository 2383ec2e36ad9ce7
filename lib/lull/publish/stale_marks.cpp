#include "lull/publish/stale_marks.h"

#include <algorithm>

namespace lull::publish {
namespace {

std::int64_t seconds_of(Clock::Wall time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

StaleMarks::StaleMarks(const std::vector<CollectionSpec>& collections, const Clock& clock)
    : clock_(clock) {
  for (const CollectionSpec& spec : collections) marks_.emplace_back(spec.name);
}

StaleMarks::Mark* StaleMarks::find(std::string_view collection) noexcept {
  const auto found = std::ranges::find(marks_, collection, &Mark::name);
  return found == marks_.end() ? nullptr : &*found;
}

void StaleMarks::set(std::string_view collection, Clock::Wall read) noexcept {
  Mark* const mark = find(collection);
  if (mark == nullptr) return;
  const std::int64_t since = std::max<std::int64_t>(0, publish::seconds_of(read));
  if (mark->since.exchange(since, std::memory_order_acq_rel) == kFresh) {
    count_.fetch_add(1, std::memory_order_acq_rel);
  }
}

bool StaleMarks::clear(std::string_view collection) noexcept {
  Mark* const mark = find(collection);
  if (mark == nullptr || mark->since.exchange(kFresh, std::memory_order_acq_rel) == kFresh) {
    return false;
  }
  count_.fetch_sub(1, std::memory_order_acq_rel);
  return true;
}

/// A clock that was set back makes nothing younger than it is: 0 at least.
std::optional<std::int64_t> StaleMarks::seconds_of(std::string_view collection) const noexcept {
  const auto found = std::ranges::find(marks_, collection, &Mark::name);
  if (found == marks_.end()) return std::nullopt;
  const std::int64_t since = found->since.load(std::memory_order_acquire);
  if (since == kFresh) return std::nullopt;
  return std::max<std::int64_t>(0, publish::seconds_of(clock_.wall()) - since);
}

}  // namespace lull::publish
