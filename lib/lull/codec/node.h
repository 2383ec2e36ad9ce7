// A document under construction: what a parser yields and a builder takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lull/base/json_string.h"

namespace lull::codec {

/// Where a node was written. Line and column count from 1; 0 means unknown.
struct Origin {
  std::uint32_t file = 0;  ///< Whatever the caller of the parser passed; layering mixes files.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Member;

/// A JSON value that remembers where it came from. Numbers are kept as canonical decimal text, so
/// that none loses digits. Threads: a plain value.
struct Node {
  enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  /// String: its characters (valid UTF-8, no NUL). Number: JSON text. Boolean: `true` or `false`.
  std::string scalar;
  /// Object: members with unique names, in the order written. Array: elements with empty names.
  std::vector<Member> children;
  Origin origin;

  /// The member of an object, or null. Cost: a linear search.
  [[nodiscard]] const Node* member(std::string_view name) const noexcept;
};

/// A kind as messages name it: `a number`, `an object`.
[[nodiscard]] std::string_view kind_name(Node::Kind kind) noexcept;

/// A member of an object, or with an empty name an element of an array.
struct Member {
  std::string name;
  Node value;
};

/// The value as canonical JSON: members sorted by the bytes of their names, no white space, strings
/// as append_json_string() writes them, numbers as they stand.
[[nodiscard]] std::string to_json(const Node& node);
using lull::append_json_string;  // for those who write canonical JSON around it

}  // namespace lull::codec
