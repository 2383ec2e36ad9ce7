// A request's target, taken apart: the path decoded once, then split; the query's parameters by
// name.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

#include "api/problem.h"
#include "lull/base/key.h"
#include "lull/snapshot/snapshot.h"

namespace lull::api {

/// `/v1/{collection}`, `/v1/{collection}:{action}` or `/v1/{collection}/{key...}`.
struct Path {
  std::string_view collection;
  std::string_view action;  ///< Empty: none.
  std::string_view key;     ///< Empty: the collection itself.
};

/// Room for a decoded path; a longer one holds no valid key.
using PathBuffer = std::array<char, 64 + kKeyBytesMax + 64>;

/// Takes apart what follows `/v1` (it starts with '/'). `%XX` is undone once and before splitting,
/// so
/// `%2F` splits like '/'. The views lie in `encoded` or `buffer`.
/// Errors: invalid_path, for what key_fault() finds in any segment.
[[nodiscard]] Parsed<Path> parse_path(std::string_view encoded, PathBuffer& buffer);

/// Why `key` cannot be one of a collection of this kind, or an empty view: key_fault(), and in a
/// tree the escapes of RFC 6901. URLs, batches and checks all ask here.
[[nodiscard]] std::string_view entry_key_fault(snapshot::CollectionKind kind,
                                               std::string_view key) noexcept;

/// A key of a tree: the document and the pointer inside it, as Document::find takes it.
struct TreeKey {
  std::string_view document;
  std::string_view pointer;
};
[[nodiscard]] TreeKey split_tree_key(std::string_view key) noexcept;

/// Query parameters, decoded like a form: `%XX` once, '+' is a space. No allocation.
/// Lifetime: views into the query and into this object.
class Query {
 public:
  struct Parameter {
    std::string_view name;
    std::string_view value;
  };
  static constexpr std::size_t kParametersMax = 16;
  static constexpr std::size_t kDecodedBytesMax = 8 * 1024;

  Query() noexcept {}  // buffer_ stays uninitialised: it is written before it is read
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Errors: invalid_query for a parameter that is not allowed (naming those that are), one that is
  /// given twice, a bad escape, invalid UTF-8, NUL. An allowed name that ends in '.' stands for all
  /// names that it begins.
  [[nodiscard]] Parsed<void> parse(std::string_view query,
                                   std::span<const std::string_view> allowed);

  /// Null if it was not given.
  [[nodiscard]] const Parameter* find(std::string_view name) const noexcept;
  [[nodiscard]] std::span<const Parameter> all() const noexcept {
    return {parameters_.data(), count_};
  }

 private:
  [[nodiscard]] Parsed<std::string_view> decode(std::string_view encoded);

  std::array<Parameter, kParametersMax> parameters_;
  std::size_t count_ = 0;
  std::array<char, kDecodedBytesMax> buffer_;
  std::size_t used_bytes_ = 0;
};

}  // namespace lull::api
