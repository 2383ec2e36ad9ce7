// Which collections are served from the last-known-good, and how old that is.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/clock.h"
#include "lull/publish/collection_spec.h"

namespace lull::publish {

/// A mark is set before the data is published and goes after what replaces it is. So who looks for
/// the mark first and reads then never takes stale data for fresh.
/// Threads: any; a collection's mark is set and cleared by one at a time.
/// Cost: seconds() is one load while nothing is stale; allocates nothing.
class StaleMarks {
 public:
  StaleMarks(const std::vector<CollectionSpec>& collections, const Clock& clock);

  /// `read` is when its sources last gave this data.
  void set(std::string_view collection, Clock::Wall read) noexcept;
  /// False if there was none.
  bool clear(std::string_view collection) noexcept;

  /// How long ago the collection's sources gave the data that is served; nothing if they were read
  /// since the start, or were never.
  [[nodiscard]] std::optional<std::int64_t> seconds(std::string_view collection) const noexcept {
    if (count_.load(std::memory_order_acquire) == 0) return std::nullopt;
    return seconds_of(collection);
  }

 private:
  struct Mark {
    explicit Mark(std::string collection) : name(std::move(collection)) {}
    std::string name;
    std::atomic<std::int64_t> since{kFresh};  // seconds of the calendar
  };
  static constexpr std::int64_t kFresh = -1;

  [[nodiscard]] Mark* find(std::string_view collection) noexcept;
  [[nodiscard]] std::optional<std::int64_t> seconds_of(std::string_view collection) const noexcept;

  const Clock& clock_;
  std::deque<Mark> marks_;  // fixed after construction
  std::atomic<int> count_{0};
};

}  // namespace lull::publish
