// The one way in which a number's text is accepted, whatever format it was written in.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace lull::codec {

/// Why a scalar was refused, for an Error of code kInvalid.
struct ScalarFault {
  std::string message;
  std::string hint;
};

/// Text in the grammar of a JSON number, or why it is refused. The text stays as it is; only the
/// integer -0 becomes 0. Refused are other text, integers outside [-2^63, 2^64), and decimals that
/// a double cannot hold: too large, or so small that they would become 0.
[[nodiscard]] tl::expected<std::string, ScalarFault> canonical_number(std::string_view text);

/// Whether a canonical number has neither fraction nor exponent.
[[nodiscard]] bool is_integer_text(std::string_view number) noexcept;

/// Text in single quotes for a message, shortened to 64 bytes at a character's boundary.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace lull::codec
