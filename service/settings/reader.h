// Reads one mapping of the configuration file: types, ranges, unknown keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/error.h"
#include "lull/codec/node.h"
#include "settings/overrides.h"

namespace lull::settings {

/// What all readers of one file share. Errors gather; reading goes on after each.
struct ReadContext {
  std::string file;
  const Overrides& overrides;
  Errors errors;

  void error(std::string message, const codec::Node& at, std::string pointer,
             std::string hint = {});
};

/// Reads the members of one object. Each get remembers its key as allowed; finish() reports every
/// other key with the nearest allowed one. An absent key leaves `out` as it is: the default.
class Reader {
 public:
  /// `path` is the object's place in the file, dotted; empty for the root. `node` may be null (the
  /// object is absent): then only overrides are read. Reports a node that is not an object.
  Reader(ReadContext& context, const codec::Node* node, std::string path);

  void string(std::string_view key, std::string& out);
  /// A relative path in the file is relative to the file, one in an override stays as it is.
  void path(std::string_view key, std::string& out);
  /// One of `allowed`.
  void choice(std::string_view key, std::span<const std::string_view> allowed, std::string& out);
  void boolean(std::string_view key, bool& out);

  /// An integer from `least` to `most`; T is an unsigned integer type.
  template <class T>
  void integer(std::string_view key, std::uint64_t least, std::uint64_t most, T& out) {
    std::uint64_t value = 0;
    if (read_integer(key, least, most, value)) out = static_cast<T>(value);
  }
  template <class Rep, class Period>
  void duration(std::string_view key, std::uint64_t least, std::uint64_t most,
                std::chrono::duration<Rep, Period>& out) {
    std::uint64_t value = 0;
    if (read_integer(key, least, most, value)) {
      out = std::chrono::duration<Rep, Period>(static_cast<Rep>(value));
    }
  }
  void strings(std::string_view key, std::vector<std::string>& out);
  /// A list of strings, or one string; in an override several are separated by commas.
  void string_or_strings(std::string_view key, std::vector<std::string>& out);

  /// The member as it stands, or null; marks the key as allowed.
  const codec::Node* child(std::string_view key);
  /// A reader of the member object.
  Reader object(std::string_view key);

  void finish();

  /// Reports an error at a member: at the override that wins over it, if there is one, and at this
  /// object if it is absent.
  void error_at(std::string_view key, std::string message, std::string hint = {});
  [[nodiscard]] std::string pointer(std::string_view key) const;
  [[nodiscard]] bool present() const noexcept { return node_ != nullptr; }

 private:
  struct Scalar;
  [[nodiscard]] std::string dotted(std::string_view key) const;
  bool read_integer(std::string_view key, std::uint64_t least, std::uint64_t most,
                    std::uint64_t& out);
  bool scalar(std::string_view key, Scalar& out);
  bool read_string(std::string_view key, Scalar& out);
  void scalar_error(std::string_view key, const Scalar& scalar, const std::string& expected);

  ReadContext& context_;
  const codec::Node* node_;
  std::string path_;
  std::vector<std::string> allowed_;
};

}  // namespace lull::settings
