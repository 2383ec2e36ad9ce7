// The one check that every name and key passes, whatever way it came in: URL, batch, file, cursor.
#pragma once

#include <string_view>

#include "lull/base/error.h"

namespace lull {

inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kDocumentNameBytesMax = 200;  // a file name, less an extension

/// A collection's name: `[a-z][a-z0-9-]{0,62}`.
[[nodiscard]] bool is_collection_name(std::string_view name) noexcept;

/// A document's name: `[A-Za-z0-9._-]+`, not "." or "..", at most kDocumentNameBytesMax bytes.
[[nodiscard]] bool is_document_name(std::string_view name) noexcept;

/// Why a record's key is not allowed, or an empty view when it is. Allowed is valid UTF-8 of 1 to
/// kKeyBytesMax bytes without control characters, whose `/` segments are not empty, "." or "..".
[[nodiscard]] std::string_view key_fault(std::string_view key) noexcept;

}  // namespace lull
