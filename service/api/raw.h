// `?raw`: a scalar's plain text, for shells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/problem.h"

namespace lull::api {

/// The text of a scalar, if it is a slice of its canonical JSON: numbers, booleans, null, and
/// strings in which nothing is escaped.
[[nodiscard]] std::optional<std::string_view> raw_slice(std::string_view json) noexcept;

/// The text of any scalar, a string's without quotes and escapes. Errors: not_a_scalar.
[[nodiscard]] Parsed<std::string> raw_text(std::string_view json);

}  // namespace lull::api
