// What all fuzz targets share: a property that must hold, and where a message may point to.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

#include "lull/base/error.h"
#include "lull/codec/positions.h"

namespace lull::fuzz {

/// The name under which the targets read their text.
inline constexpr std::string_view kFile = "f";

/// Ends the run where a property does not hold; libFuzzer then keeps the input.
inline void require(bool holds, std::string_view property,
                    std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: does not hold: %.*s\n", where.file_name(), where.line(),
               static_cast<int>(property.size()), property.data());
  std::abort();
}

/// A byte-order mark.
inline constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// The text as the codec counts its places: behind a byte-order mark.
inline std::string_view without_mark(std::string_view text) noexcept {
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

inline std::uint32_t line_of(std::string_view text, std::size_t offset) noexcept {
  return 1 + static_cast<std::uint32_t>(std::ranges::count(text.substr(0, offset), '\n'));
}

/// Line and column are of the text, or one beyond its end; 0 is unknown.
inline bool is_place(std::string_view text, std::uint32_t line, std::uint32_t column) noexcept {
  text = without_mark(text);
  for (std::uint32_t i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
  return line == 0 ? column == 0
                   : column <= 1 + codec::count_code_points(text.substr(0, text.find('\n')));
}

/// An error says what, and names a place in the text.
inline void require_error(const Error& error, std::string_view text) {
  require(!error.message.empty(), "an error says what is wrong");
  require(error.where.file == kFile, "an error names the file");
  // What is missing at a text's end is missing behind its last line end, for toml++ on that line.
  const std::uint32_t column = error.where.column > 1 ? error.where.column - 1 : error.where.column;
  require(is_place(text, error.where.line, column), "an error names a place in it");
}

}  // namespace lull::fuzz
