// How many superseded revisions stay readable.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "lull/base/clock.h"

namespace lull::publish {

struct RetentionLimits {
  std::size_t revisions_max = 0;
  std::chrono::seconds age_max{0};
  std::uint64_t bytes_max = 0;
};

/// A revision that is no longer current.
struct Retained {
  Clock::Steady superseded;
  /// What it holds that the revision after it does not, about: see replaced_bytes().
  std::uint64_t bytes = 0;
};

/// How many of the retained revisions stay, counted from the newest. Age counts from the moment a
/// revision was superseded. Pure.
[[nodiscard]] std::size_t retained_to_keep(std::span<const Retained> newest_first,
                                           const RetentionLimits& limits, Clock::Steady now);

/// The bytes that only the older of two successive states of a collection holds, from the sizes of
/// both and the bytes that were built for the newer one. Exact if nothing else was built or freed
/// meanwhile; otherwise off by that much, which is why it bounds retention only, and
/// snapshot_bytes_alive_max goes by the account itself.
[[nodiscard]] std::uint64_t replaced_bytes(std::uint64_t older, std::uint64_t newer,
                                           std::uint64_t built) noexcept;

}  // namespace lull::publish
