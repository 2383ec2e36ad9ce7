// What the kernel says of this process.
#pragma once

#include <cstdint>

namespace lull::telemetry {

/// Zero where /proc does not tell.
struct ProcessUsage {
  double cpu_seconds = 0;         ///< User and system.
  double start_time_seconds = 0;  ///< Since the Unix epoch.
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptors_max = 0;
};

/// Cost: reads a few files of /proc; for a scrape.
[[nodiscard]] ProcessUsage process_usage();

}  // namespace lull::telemetry
