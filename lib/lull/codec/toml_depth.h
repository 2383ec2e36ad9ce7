// A look at the nesting of a TOML text before toml++ sees it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace lull::codec {

/// The offset at which dotted keys, brackets and braces nest clearly deeper than `depth_max`, or
/// nothing: a few levels beyond it are left to the exact check of the parsed document.
/// toml++ bounds brackets only: the key a.a.a... of 100,000 parts makes tables 100,000 deep, whose
/// destructor overflows the stack. This bounds its recursion; it is no parser, and on text that is
/// not TOML any answer is right, because both answers end in a refusal.
/// Cost: one pass, no allocation beyond depth_max levels.
[[nodiscard]] std::optional<std::size_t> find_toml_deeper_than(std::string_view text,
                                                               std::size_t depth_max);

}  // namespace lull::codec
