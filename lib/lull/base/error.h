// What went wrong, where and what to do: the one error type of the project.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace lull {

/// What kind of error this is. Stable: the HTTP API and exit codes derive from it.
enum class ErrorCode : std::uint8_t {
  kSyntax,       ///< Input is not well-formed (a parser refused it, not UTF-8, a tab in YAML, ...).
  kInvalid,      ///< Well-formed, but a value is not allowed (type, range, unknown key, ...).
  kDuplicate,    ///< A key, document or record is defined twice.
  kLimit,        ///< A bound was hit; the message names it with its unit.
  kUnavailable,  ///< A file, directory or service cannot be read.
  kNotFound,     ///< No such thing in loaded data.
  kStaleBase,    ///< The change was based on a revision that is no longer current.
  kGone,         ///< A revision that is no longer retained, or of another epoch.
  kInternal,     ///< A broken invariant or an operation of the system that should not fail.
};

/// Where an error is: any part may be empty. Line and column count from 1; 0 means unknown.
struct Location {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string pointer;  ///< RFC 6901 pointer inside the document, or the key of a record.
};

/// One error. Threads: a plain value.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< What is wrong, and what was expected; lower case, no full stop.
  Location where;
  std::string hint;  ///< What to do next; may be empty.

  /// One line: `file:line:column: message (at /pointer); hint`.
  [[nodiscard]] std::string text() const;
};

using Errors = std::vector<Error>;

/// A value or the error that stands in its place. Exceptions of third parties stop at their
/// adapter.
template <class T>
using Result = tl::expected<T, Error>;

/// A value, or every error that was found (never empty).
template <class T>
using Checked = tl::expected<T, Errors>;

/// Shorthand for a failed Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message,
                                                Location where = {}, std::string hint = {}) {
  return tl::make_unexpected(Error{code, std::move(message), std::move(where), std::move(hint)});
}

}  // namespace lull
