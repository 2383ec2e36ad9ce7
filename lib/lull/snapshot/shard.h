// Some dozen records whose keys hash alike, packed into one block.
//
//   Shard | group | group | ... | record | record | ...
//
// A group is one cache line: 21 one-byte fingerprints, 21 offsets of two bytes, how many are used.
// A record is its sizes, key, attributes and JSON; what is longer than kInlineBytesMax stands in a
// block of its own. Records stand in the order of (hash, key), so that equal content gives equal
// bytes.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "lull/base/hash.h"
#include "lull/snapshot/node.h"
#include "lull/snapshot/varint.h"

namespace lull::snapshot {

/// An immutable shard; never empty.
/// Threads: any, without synchronisation.  Lifetime: the versions of the store that contain it.
/// Cost: find() touches a group and a record, and more of them where fingerprints collide.
class Shard : public Node {
 public:
  /// Measured with 64, 128 and 256 (docs/adr/007-packed-engine.md): a change costs what its shard
  /// weighs, a lookup the same with each.
  static constexpr std::size_t kRecordsMax = 64;
  static constexpr std::size_t kWeightBytesMax = 16U << 10U;
  /// Of the 21 places of a group: few groups overflow.
  static constexpr std::size_t kGroupRecordsMean = 17;

  [[nodiscard]] static bool fits(const Totals& totals) noexcept {
    return totals.records <= kRecordsMax && totals.weight_bytes <= kWeightBytesMax;
  }

  /// `records` are sorted, not empty, fit into a shard, and each that needs one has its LargeValue.
  /// `scratch` is reused for the bytes that are hashed.
  [[nodiscard]] static const Shard* make(std::span<const HashedRecord> records, std::uint64_t born,
                                         std::string& scratch);

  /// `group_count` is `groups`, known to whoever leads here, so that the head is not looked at.
  [[nodiscard]] std::optional<StoredRecord> find(std::uint64_t hash, std::string_view key,
                                                 std::size_t group_count) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return count; }
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }
  /// Calls `visit(const StoredRecord&, const LargeValue*)` for each record in the order of hashes;
  /// the second is null for what stands in the shard itself.
  template <class Visit>
  void for_each(Visit visit) const {
    std::size_t unit = first_record();
    for (std::size_t i = 0; i < count; ++i) {
      const char* at = base() + unit * kUnit;
      const LargeValue* large = nullptr;
      const StoredRecord record = read(at, large);
      unit = units(static_cast<std::size_t>(at - base()));
      visit(record, large);
    }
  }

 private:
  static constexpr std::size_t kGroupSlots = 21;
  static constexpr std::size_t kUnit = 4;  ///< Records begin at multiples of it, counted in it.

  struct alignas(64) Group {
    std::array<std::uint8_t, kGroupSlots> fingerprints{};
    std::uint8_t used = 0;
    std::array<std::uint16_t, kGroupSlots> offsets{};

    /// A bit for each used slot whose fingerprint is this one.
    [[nodiscard]] std::uint32_t match(std::uint8_t fingerprint) const noexcept;
  };

  Shard() = default;
  [[nodiscard]] static constexpr std::size_t units(std::size_t bytes) noexcept {
    return (bytes + kUnit - 1) / kUnit;
  }
  [[nodiscard]] static std::size_t group_of(std::uint64_t hash, std::size_t group_count) noexcept {
    return ((hash & 0xFFFF'FFFFU) * group_count) >> 32U;
  }
  [[nodiscard]] static std::uint8_t fingerprint_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint8_t>(hash & 0xFFU);
  }
  [[nodiscard]] static std::size_t encoded_bytes(const HashedRecord& record) noexcept;
  static char* write(char* at, const HashedRecord& record) noexcept;
  /// Reads the record at `at` and steps over it.
  [[nodiscard]] static StoredRecord read(const char*& at, const LargeValue*& large) noexcept;
  [[nodiscard]] static std::optional<StoredRecord> read_if(const char* at,
                                                           std::string_view key) noexcept;
  void fill(std::span<const HashedRecord> records);
  [[nodiscard]] static Sha256 hash_of(std::span<const HashedRecord> records, std::string& scratch);

  [[nodiscard]] const char* base() const noexcept { return reinterpret_cast<const char*>(this); }
  [[nodiscard]] const Group* group_array() const noexcept {
    return reinterpret_cast<const Group*>(base() + kHeadBytes);
  }
  [[nodiscard]] std::size_t first_record() const noexcept {
    return units(kHeadBytes + groups * sizeof(Group));
  }

  static constexpr std::size_t kHeadBytes = 64;
  Sha256 content_hash_;
};

inline std::uint32_t Shard::Group::match(std::uint8_t fingerprint) const noexcept {
  const std::uint32_t in_use = (1U << used) - 1U;
#if defined(__SSE2__)
  // Two loads that reach past the fingerprints into the same cache line; what is not one is masked.
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(fingerprint));
  const auto* const at = reinterpret_cast<const __m128i*>(this);
  const auto low =
      static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(at), wanted)));
  const auto high =
      static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(at + 1), wanted)));
  return (low | (high << 16U)) & in_use;
#else
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < used; ++i) out |= std::uint32_t{fingerprints[i] == fingerprint} << i;
  return out & in_use;
#endif
}

inline std::optional<StoredRecord> Shard::find(std::uint64_t hash, std::string_view key,
                                               std::size_t group_count) const noexcept {
  const std::size_t home = group_of(hash, group_count);
  for (std::size_t probe = 0; probe < group_count; ++probe) {
    const std::size_t at = home + probe;
    const std::size_t number = at < group_count ? at : at - group_count;
    const Group& group = group_array()[number];
    for (std::uint32_t hits = group.match(fingerprint_of(hash)); hits != 0; hits &= hits - 1) {
      const auto slot = static_cast<std::size_t>(std::countr_zero(hits));
      auto found = read_if(base() + std::size_t{group.offsets[slot]} * kUnit, key);
      if (found) return found;
    }
    if (group.used < kGroupSlots) break;  // nothing that belongs here had to go further
  }
  return std::nullopt;
}

inline StoredRecord Shard::read(const char*& at, const LargeValue*& large) noexcept {
  const std::size_t key_bytes = read_size(at);
  const std::size_t attribute_bytes = read_size(at);
  const std::size_t json_bytes = read_size(at);
  const std::string_view key{at, key_bytes};
  at += key_bytes;
  if (json_bytes == 0) {  // a large value's address; a JSON of no bytes at all is stored as one too
    std::memcpy(&large, at, kAddressBytes);
    at += kAddressBytes;
    return {key, large->attributes(), large->json()};
  }
  const char* const payload = at;
  at += attribute_bytes + json_bytes;
  return {key, {payload, attribute_bytes}, {payload + attribute_bytes, json_bytes}};
}

inline std::optional<StoredRecord> Shard::read_if(const char* at, std::string_view key) noexcept {
#if defined(LULL_MUTANT_KEY_NOT_COMPARED)
  static_cast<void>(key);
#else
  const char* sizes = at;
  if (read_size(sizes) != key.size()) return std::nullopt;
  (void)read_size(sizes);
  (void)read_size(sizes);
  if (std::memcmp(sizes, key.data(), key.size()) != 0) return std::nullopt;
#endif
  const LargeValue* large = nullptr;
  return read(at, large);
}

}  // namespace lull::snapshot
