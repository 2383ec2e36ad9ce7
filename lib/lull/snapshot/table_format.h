// How a table writes records and index entries into ordered maps.
//
// A record: the attributes hold what was declared of it:
// a byte that says whether there is a quantity, the quantity, then each index value as its size and
// its bytes, or kAbsent.
// An index entry: the key is the size of the value, the value, the record's key; nothing else. With
// the size in front no value can run into another's entries, whatever bytes it has.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "lull/snapshot/shard.h"
#include "lull/snapshot/table.h"

namespace lull::snapshot {

using StoredSize = std::uint32_t;
inline constexpr StoredSize kAbsent = std::numeric_limits<StoredSize>::max();

/// Highest byte first, so that index entries of values of equal size are neighbours.
inline void append_size(std::string& out, StoredSize size) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xFFU);
}

inline StoredSize take_size(std::string_view& bytes) noexcept {
  StoredSize size = 0;
  for (std::size_t i = 0; i < sizeof(size); ++i) {
    size = (size << 8U) | static_cast<unsigned char>(bytes[i]);
  }
  bytes.remove_prefix(sizeof(size));
  return size;
}

inline void append_index_key(std::string& out, std::string_view value, std::string_view key) {
  assert(value.size() < kAbsent);
  append_size(out, static_cast<StoredSize>(value.size()));
  out += value;
  out += key;
}

inline std::optional<std::string_view> stored_index_value(std::string_view attributes,
                                                          std::size_t number) noexcept {
  attributes.remove_prefix(attributes.front() == 0 ? 1 : 1 + sizeof(std::int64_t));
  for (;; --number) {
    const StoredSize size = take_size(attributes);
    if (number == 0) {
      if (size == kAbsent) return std::nullopt;
      return attributes.substr(0, size);
    }
    if (size != kAbsent) attributes.remove_prefix(size);
  }
}

}  // namespace lull::snapshot
