// Sizes of seven bits a byte, lowest first.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace lull::snapshot {

/// Of any size, as write_size() writes it.
inline constexpr std::size_t kSizeBytesMax = (8 * sizeof(std::size_t) + 6) / 7;

/// Bytes that write_size() needs.
[[nodiscard]] inline std::size_t size_bytes(std::size_t size) noexcept {
  std::size_t bytes = 1;
  for (; size >= 0x80U; size >>= 7U) ++bytes;
  return bytes;
}

/// Writes a size and returns the place behind it.
inline char* write_size(char* at, std::size_t size) noexcept {
  for (; size >= 0x80U; size >>= 7U) *at++ = static_cast<char>((size & 0x7FU) | 0x80U);
  *at++ = static_cast<char>(size);
  return at;
}

inline void append_varint(std::string& out, std::size_t size) {
  std::array<char, kSizeBytesMax> bytes{};
  out.append(bytes.data(), write_size(bytes.data(), size));
}

/// Reads a size that write_size() wrote, and steps over it. Only for bytes of our own.
[[nodiscard]] inline std::size_t read_size(const char*& at) noexcept {
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    size |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return size;
  }
}

}  // namespace lull::snapshot
