#include "lull/publish/retention.h"

#include <algorithm>

namespace lull::publish {

std::size_t retained_to_keep(std::span<const Retained> newest_first, const RetentionLimits& limits,
                             Clock::Steady now) {
  std::size_t keep = 0;
  std::uint64_t bytes = 0;
  for (const Retained& revision :
       newest_first.first(std::min(newest_first.size(), limits.revisions_max))) {
    bytes += revision.bytes;
    if (bytes > limits.bytes_max || now - revision.superseded >= limits.age_max) break;
    ++keep;
  }
  return keep;
}

}  // namespace lull::publish
