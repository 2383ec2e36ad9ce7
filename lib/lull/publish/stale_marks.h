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
#include "lull/snapshot/snapshot.h"

namespace lull::publish {

/// What a start served as last-known-good is stale until a source has confirmed it. If something
/// else took its place, a retained revision that has it stays what it was.
/// Threads: any; a collection's mark is set before its data is published, once, and taken back by
/// one thread at a time.  Cost: seconds() is one load where nothing was ever stale; allocates
/// nothing.
class StaleMarks {
 public:
  StaleMarks(const std::vector<CollectionSpec>& collections, const Clock& clock);

  /// `read` is when its sources last gave this data.
  void set(std::string_view collection, Clock::Wall read) noexcept;
  /// Its sources were read: they gave this very data, or something else. False if there was no
  /// mark.
  bool clear(std::string_view collection, bool confirmed) noexcept;

  /// How long ago the collection's sources gave the data that is served; nothing if they were read
  /// since the start, or were never.
  [[nodiscard]] std::optional<std::int64_t> seconds(std::string_view collection) const noexcept;
  /// The same of a collection in any revision.
  [[nodiscard]] std::optional<std::int64_t> seconds(const snapshot::Snapshot& snapshot,
                                                    std::string_view collection) const noexcept {
    return any_.load(std::memory_order_acquire) ? seconds_of(snapshot, collection) : std::nullopt;
  }

 private:
  enum class State : std::uint8_t { kNone, kStale, kConfirmed, kReplaced };
  struct Mark {
    explicit Mark(std::string collection) : name(std::move(collection)) {}
    std::string name;
    std::atomic<std::int64_t> since{0};  // seconds of the calendar
    std::atomic<State> state{State::kNone};
  };

  [[nodiscard]] const Mark* find(std::string_view collection) const noexcept;
  [[nodiscard]] Mark* find(std::string_view collection) noexcept;
  [[nodiscard]] std::int64_t age(const Mark& mark) const noexcept;
  [[nodiscard]] std::optional<std::int64_t> seconds_of(const snapshot::Snapshot& snapshot,
                                                       std::string_view collection) const noexcept;

  const Clock& clock_;
  std::deque<Mark> marks_;        // fixed after construction
  std::atomic<bool> any_{false};  // some mark was ever set
};

}  // namespace lull::publish
