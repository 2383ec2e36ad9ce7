// Sorts many keys by their bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lull::snapshot {

/// The places of the keys in the order of their bytes; which of two equal ones is first is open.
/// Threads: any.  Cost: that of sorting numbers of 64 bits, once for each eight bytes beyond what
/// keys have in common: a million article numbers take a fifth of what comparing strings does.
[[nodiscard]] std::vector<std::uint32_t> sorted_places(std::span<const std::string_view> keys);

}  // namespace lull::snapshot
