// What a loader finds: errors and changes, both bounded.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/error.h"

namespace lull::publish {

/// Collects errors. Beyond the bound they are only counted. Threads: one.
class ErrorList {
 public:
  static constexpr std::size_t kErrorsMax = 1000;

  void add(Error error);
  [[nodiscard]] bool empty() const noexcept { return errors_.empty(); }
  /// In the order of files and lines; at the end how many are not shown.
  [[nodiscard]] Errors take();

 private:
  Errors errors_;
  std::size_t hidden_ = 0;
};

/// Counts what changed, and keeps the first names. Threads: one.
class ChangeList {
 public:
  enum Kind : std::size_t { kAdded, kChanged, kRewritten, kRemoved };
  static constexpr std::size_t kNamesMax = 5;

  void add(Kind kind, std::string_view name);
  [[nodiscard]] bool empty() const noexcept { return total_ == 0; }
  /// `2 documents changed: payment, search; 1 removed: x`; without the names when there are many.
  /// At most 256 bytes.
  [[nodiscard]] std::string summary(std::string_view noun) const;

 private:
  struct Group {
    std::size_t count = 0;
    std::vector<std::string> names;
  };
  std::array<Group, 4> groups_;
  std::size_t total_ = 0;
};

}  // namespace lull::publish
