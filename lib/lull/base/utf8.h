// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace lull {

/// The offset of the first byte that is not part of valid UTF-8, or npos. Cost: one pass.
[[nodiscard]] std::size_t first_invalid_utf8(std::string_view bytes) noexcept;

[[nodiscard]] inline bool is_utf8(std::string_view bytes) noexcept {
  return first_invalid_utf8(bytes) == std::string_view::npos;
}

/// C0 and DEL; the controls from U+0080 on are not one byte.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace lull
