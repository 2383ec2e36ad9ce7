#include "lull/codec/positions.h"

#include <algorithm>

namespace lull::codec {

std::size_t count_code_points(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Spot Positions::at(std::size_t offset) noexcept {
  offset = std::min(offset, text_.size());
  if (offset >= offset_) {
    forward(offset);
  } else {
    backward(offset);
  }
  return {line_, column_};
}

void Positions::forward(std::size_t offset) noexcept {
  std::size_t from = offset_;
  for (;;) {
    const std::size_t newline = text_.substr(from, offset - from).find('\n');
    if (newline == std::string_view::npos) break;
    from += newline + 1;
    line_start_ = from;
    ++line_;
    column_ = 1;
  }
  column_ += static_cast<std::uint32_t>(count_code_points(text_.substr(from, offset - from)));
  offset_ = offset;
}

void Positions::backward(std::size_t offset) noexcept {
  while (offset < line_start_) {
    const std::size_t newline =
        line_start_ < 2 ? std::string_view::npos : text_.rfind('\n', line_start_ - 2);
    line_start_ = newline == std::string_view::npos ? 0 : newline + 1;
    --line_;
  }
  const std::size_t points = count_code_points(text_.substr(line_start_, offset - line_start_));
  column_ = static_cast<std::uint32_t>(points + 1);
  offset_ = offset;
}

}  // namespace lull::codec
