// The opaque `next` of a page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lull/base/revision.h"

namespace lull::api {

/// Where a listing goes on: in which revision, after which key, and of which query. It is not
/// secret and not signed: a forged one reads nothing that the query alone would not.
struct Cursor {
  Revision revision;
  std::uint64_t query_hash = 0;  ///< Of the collection and all that selects its entries.
  std::string after;             ///< The last key that was looked at; passes key_fault().

  /// base64url without padding (RFC 4648, section 5).
  [[nodiscard]] std::string text() const;
  /// Accepts exactly what text() writes.
  [[nodiscard]] static std::optional<Cursor> parse(std::string_view text);
};

}  // namespace lull::api
