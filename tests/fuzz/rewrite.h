// A document written in another format by a way of our own, which shares nothing with the parsers.
#pragma once

#include <optional>
#include <string>

#include "lull/codec/node.h"

namespace lull::fuzz {

/// In YAML's flow style, strings in single quotes where they can be. Nothing if a key is longer
/// than libfyaml takes (1024 bytes, escapes included).
[[nodiscard]] std::optional<std::string> to_yaml(const codec::Node& object);

/// Nothing if the document has what TOML has not: null, an integer beyond 2^63-1, a number of more
/// than 126 characters.
[[nodiscard]] std::optional<std::string> to_toml(const codec::Node& object);

}  // namespace lull::fuzz
