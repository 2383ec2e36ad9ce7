// What someone who misspelt a word most likely meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lull::settings {

/// The candidate nearest to `word` by edit distance, or empty if none is near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace lull::settings
