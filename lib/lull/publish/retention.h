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
  std::uint64_t bytes = 0;  ///< Candidate::replaced_bytes of the revision after it.
};

/// How many of the retained revisions stay, counted from the newest. Age counts from the moment a
/// revision was superseded. Pure.
[[nodiscard]] std::size_t retained_to_keep(std::span<const Retained> newest_first,
                                           const RetentionLimits& limits, Clock::Steady now);

}  // namespace lull::publish
