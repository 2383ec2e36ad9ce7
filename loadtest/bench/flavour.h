// One empty read section of each liburcu flavour, each in a translation unit of its own: their
// headers cannot be mixed. This benchmark is the one place outside lib/lull/rcu that includes them.
#pragma once

#include <cstdint>

namespace lull::bench {

/// Registers the calling thread, opens and closes `sections` read sections, unregisters the thread.
/// Returns what they took in nanoseconds of the thread's CPU time.
std::int64_t sections_bp(std::uint64_t sections);
std::int64_t sections_memb(std::uint64_t sections);
std::int64_t sections_qsbr(std::uint64_t sections);
std::int64_t sections_mb(std::uint64_t sections);

}  // namespace lull::bench
