// Makes a read of freed data visible.
#pragma once

#include <cstddef>

namespace lull {

inline constexpr unsigned char kPoison = 0xDB;

/// Overwrites bytes that are about to be freed, in builds with assertions; nothing in release.
/// Volatile, because GCC deletes plain stores to memory that dies.
inline void poison([[maybe_unused]] void* bytes, [[maybe_unused]] std::size_t size) noexcept {
#if !defined(NDEBUG) || defined(LULL_POISON)
  auto* at = static_cast<volatile unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) at[i] = kPoison;
#endif
}

}  // namespace lull
