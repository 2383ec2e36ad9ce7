// Some hundred records whose keys hash alike, packed into one block.
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

namespace lull::snapshot {

/// One record as it is stored. The JSON is what hashes cover beside the key; the attributes are
/// derived from it and kept so that nobody needs to parse it.
struct StoredRecord {
  std::string_view key;
  std::string_view attributes;
  std::string_view json;
  friend bool operator==(const StoredRecord&, const StoredRecord&) = default;
};

/// What every block of a record store begins with. Not virtual: a lookup never looks at it.
struct Node {
  enum class Kind : std::uint8_t { kBranch, kShard, kLargeValue };

  std::uint64_t born = 0;         ///< The version of the store that it first was part of.
  std::uint32_t block_bytes = 0;  ///< Of the whole block.
  Kind kind = Kind::kShard;
  std::uint8_t groups = 0;  ///< Of a shard.
  std::uint16_t count = 0;  ///< Records of a shard, children of a branch.
  // The lineage's, once a later version has replaced the block: see BirthHeap.
  mutable const Node* heap_child = nullptr;
  mutable const Node* heap_sibling = nullptr;

  /// A block of `bytes`, aligned to a cache line. Throws std::bad_alloc.
  [[nodiscard]] static void* allocate(std::size_t bytes);
  /// Poisons the block in builds with assertions, and frees it.
  static void free(const Node* node) noexcept;
};

/// A payload (attributes and JSON) too long to be copied with its shard.
struct LargeValue : Node {
  Sha256 json_hash;
  std::uint32_t attribute_bytes = 0;

  [[nodiscard]] static const LargeValue* make(std::string_view attributes, std::string_view json,
                                              std::uint64_t born);
  [[nodiscard]] std::string_view attributes() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), attribute_bytes};
  }
  [[nodiscard]] std::string_view json() const noexcept {
    const char* const begin = reinterpret_cast<const char*>(this + 1);
    return {begin + attribute_bytes, block_bytes - sizeof(LargeValue) - attribute_bytes};
  }
  /// Also a JSON text of no bytes: in a shard, a size of 0 says that a large value's address
  /// follows.
  [[nodiscard]] static bool needed(const StoredRecord& record) noexcept;
};

/// A record beside the hash of its key, on its way into a shard.
struct HashedRecord {
  std::uint64_t hash = 0;
  StoredRecord record;
  const LargeValue* large = nullptr;  ///< Where attributes and JSON are, if they are there already.

  [[nodiscard]] bool before(const HashedRecord& other) const noexcept {
    return hash != other.hash ? hash < other.hash : record.key < other.record.key;
  }
};

/// The hash that decides where a record is. Fixed and public: the shape of a store is part of its
/// content, the same on every node.
[[nodiscard]] std::uint64_t key_hash(std::string_view key) noexcept;

/// Records and bytes, in the measure that decides which records share a shard. By key and JSON
/// alone, so that the shape depends on nothing but what hashes cover.
struct Totals {
  std::uint64_t records = 0;
  std::uint64_t weight_bytes = 0;

  [[nodiscard]] static Totals of(const StoredRecord& record) noexcept;
  Totals& operator+=(const Totals& other) noexcept {
    records += other.records;
    weight_bytes += other.weight_bytes;
    return *this;
  }
  Totals& operator-=(const Totals& other) noexcept {
    records -= other.records;
    weight_bytes -= other.weight_bytes;
    return *this;
  }
};

/// An immutable shard; never empty.
/// Threads: any, without synchronisation.  Lifetime: the versions of the store that contain it.
/// Cost: find() touches a group and a record, and more of them where fingerprints collide.
class Shard : public Node {
 public:
  static constexpr std::size_t kRecordsMax = 256;
  static constexpr std::size_t kWeightBytesMax = 32U << 10U;
  /// Of attributes and JSON together; LargeValue takes what is longer.
  static constexpr std::size_t kInlineBytesMax = 1024;
  /// Of attributes alone: nothing else bounds them. With it no shard outgrows its offsets.
  static constexpr std::size_t kInlineAttributesMax = 768;
  /// Fifteen groups at 17 records each leave every seventh place free: few groups overflow.
  static constexpr std::size_t kGroupRecordsMean = 17;

  [[nodiscard]] static bool fits(const Totals& totals) noexcept {
    return totals.records <= kRecordsMax && totals.weight_bytes <= kWeightBytesMax;
  }

  /// `records` are sorted, not empty, fit into a shard, and each that needs one has its LargeValue.
  /// `scratch` is reused for the bytes that are hashed.
  [[nodiscard]] static const Shard* make(std::span<const HashedRecord> records, std::uint64_t born,
                                         std::string& scratch);

  [[nodiscard]] std::optional<StoredRecord> find(std::uint64_t hash,
                                                 std::string_view key) const noexcept {
    return find(hash, key, groups);
  }
  /// The same where the number of groups is known: the shard's own head is then not looked at.
  [[nodiscard]] std::optional<StoredRecord> find(std::uint64_t hash, std::string_view key,
                                                 std::size_t group_count) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return count; }
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }
  /// Calls `visit(HashedRecord)` for each record in order.
  template <class Visit>
  void for_each(Visit visit) const {
    const char* at = base() + first_record() * kUnit;
    for (std::size_t i = 0; i < count; ++i) {
      const char* end = at;
      const HashedRecord out = read(end);
      visit(out);
      at = base() + units(static_cast<std::size_t>(end - base())) * kUnit;
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
  /// Reads the record at `at`, with its hash, and steps over it.
  [[nodiscard]] static HashedRecord read(const char*& at) noexcept;
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

/// Reads a size of seven bits a byte, lowest first, and steps over it.
[[nodiscard]] inline std::size_t read_size(const char*& at) noexcept {
  std::size_t size = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    size |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return size;
  }
}

inline std::optional<StoredRecord> Shard::read_if(const char* at, std::string_view key) noexcept {
  const std::size_t key_bytes = read_size(at);
  const std::size_t attribute_bytes = read_size(at);
  const std::size_t json_bytes = read_size(at);
#if defined(LULL_MUTANT_KEY_NOT_COMPARED)
  static_cast<void>(key);
#else
  if (key_bytes != key.size() || std::memcmp(at, key.data(), key_bytes) != 0) return std::nullopt;
#endif
  const std::string_view stored_key{at, key_bytes};
  at += key_bytes;
  if (json_bytes == 0) {  // a large value's address; a JSON of no bytes at all is stored as one too
    const LargeValue* large = nullptr;
    std::memcpy(&large, at, sizeof large);
    return StoredRecord{stored_key, large->attributes(), large->json()};
  }
  return StoredRecord{stored_key, {at, attribute_bytes}, {at + attribute_bytes, json_bytes}};
}

}  // namespace lull::snapshot
