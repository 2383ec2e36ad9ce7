// Keys that an adversary would send: XXH3-64 without a seed is no secret, and for keys of 16 bytes
// it can be solved (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md).
//
// With the secret mixed into a key's two words, the hash is a bijection of
//   16 + swap(low) + high + fold(low * high)
// where fold() is the exclusive or of the two halves of a product.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lull::snapshot::crafted {

/// What the hash is a bijection of. Undoes h ^= h >> 37; h *= kPrime; h ^= h >> 32.
inline std::uint64_t unmixed(std::uint64_t hash) {
  constexpr std::uint64_t kPrime = 0x165667919E3779F9;
  std::uint64_t inverse = kPrime;  // doubles its right bits five times, from three on
  for (int i = 0; i < 5; ++i) inverse *= 2 - kPrime * inverse;
  hash ^= hash >> 32U;
  hash *= inverse;
  return hash ^ (hash >> 37U);
}

inline std::string key(std::uint64_t low, std::uint64_t high) {
  // Words of the published secret, at 24, 32, 40 and 48.
  low ^= 0x1F67B3B7A4A44072 ^ 0x78E5C0CC4EE679CB;
  high ^= 0x2172FFCC7DD05A82 ^ 0x8E2443F7744608B8;
  std::string out(16, '\0');
  std::memcpy(out.data(), &low, sizeof low);
  std::memcpy(out.data() + sizeof low, &high, sizeof high);
  return out;
}

/// The one key of 16 bytes with this hash and `low` 0.
inline std::string key_with_hash(std::uint64_t hash) {
  return key(0, unmixed(hash) - 16);
}

/// The word `high` for which high + ((low * high) ^ top) is `sum`, bit by bit: with an even `low`,
/// a bit of the product depends on lower bits only.
inline std::uint64_t solve(std::uint64_t low, std::uint64_t top, std::uint64_t sum) {
  std::uint64_t high = 0;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t wrong = (high + ((low * high) ^ top)) ^ sum;
    high |= wrong & (std::uint64_t{1} << bit);
  }
  return high;
}

/// The upper half of the product; `low` is below 2^32.
inline std::uint64_t top_half(std::uint64_t low, std::uint64_t high) {
  return (low * (high >> 32U) + ((low * (high & 0xFFFF'FFFFU)) >> 32U)) >> 32U;
}

/// So many keys, all with this hash: for each even `low` and each upper half of the product that
/// it allows one candidate, of which one in `low` is right.
inline std::vector<std::string> colliding_keys(std::size_t count, std::uint64_t hash) {
  std::vector<std::string> out;
  for (std::uint64_t low = 2; out.size() < count; low += 2) {
    const std::uint64_t sum = unmixed(hash) - 16 - __builtin_bswap64(low);
    for (std::uint64_t top = 0; top < low && out.size() < count; ++top) {
      const std::uint64_t high = solve(low, top, sum);
      if (top_half(low, high) == top) out.push_back(key(low, high));
    }
  }
  return out;
}

}  // namespace lull::snapshot::crafted
