// A look at a YAML text before libfyaml sees it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lull/base/error.h"

namespace lull::codec {

/// Why a text is refused unparsed, and at which offset.
struct YamlGuardFault {
  ErrorCode code = ErrorCode::kLimit;
  std::string message;
  std::string hint;
  std::size_t offset = 0;
};

/// Refuses what libfyaml 0.7.12 accepts though YAML does not (control characters), and what it
/// would pay too much for: it may hold the tokens of a whole flow collection, 200 to 900 bytes
/// each, to learn whether the collection is a key; and its time for %TAG directives grows with
/// their square. Cost: one pass, no allocation.
[[nodiscard]] std::optional<YamlGuardFault> find_yaml_fault(std::string_view text);

/// The offset at which so many brackets are open that the text before it should be parsed alone, to
/// see its depth while that is cheap; or nothing. Brackets in strings and comments count too, so
/// this is a suspicion. (100,000 open brackets cost libfyaml 34 to 90 MB before it tells of the
/// first.)
[[nodiscard]] std::optional<std::size_t> find_many_open_brackets(std::string_view text) noexcept;

}  // namespace lull::codec
