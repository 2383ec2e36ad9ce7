// What a YAML scalar means: any unquoted one, and single-quoted ones.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "lull/codec/node.h"
#include "lull/codec/number.h"

namespace lull::codec {

/// A scalar with its meaning: null, boolean, number (canonical text) or string.
struct CoreScalar {
  Node::Kind kind = Node::Kind::kString;
  std::string text;
};

/// The YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema), so that `no`, `1_000`
/// and `12:30` are strings. Refused are `.inf` and `.nan`, numbers that lose digits, and numbers
/// with a leading zero: to the core schema `0123` is 123, to YAML 1.1 it is 83, and to whoever
/// wrote it it may be the text 0123; JSON and TOML refuse it too.
[[nodiscard]] tl::expected<CoreScalar, ScalarFault> resolve_core_scalar(std::string_view text);

/// What stands between a scalar's single quotes, as it is written, where `text` begins behind the
/// opening one.
[[nodiscard]] std::string_view single_quoted_source(std::string_view text) noexcept;

/// What that means: doubled quotes made single, lines folded.
/// (https://yaml.org/spec/1.2.2/#732-single-quoted-style)
[[nodiscard]] std::string single_quoted_text(std::string_view source);

}  // namespace lull::codec
