// The name of a published state.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull {

/// `epoch.number`, written as lower-case hex, a dot, decimal: `4be1.7`.
/// The number grows by one within an epoch; revisions of two epochs do not compare.
struct Revision {
  std::uint32_t epoch = 0;   ///< Never 0 in a real revision.
  std::uint64_t number = 0;  ///< 0: nothing was published in this epoch yet.

  friend bool operator==(const Revision&, const Revision&) = default;

  [[nodiscard]] std::string text() const;
  /// Accepts exactly what text() writes; nothing else, so that one revision has one spelling.
  [[nodiscard]] static std::optional<Revision> parse(std::string_view text);
};

}  // namespace lull
