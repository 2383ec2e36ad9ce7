// What a record store is made of besides shards and branches: records, and blocks of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

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

/// Of attributes and JSON together; LargeValue takes what is longer.
inline constexpr std::size_t kInlineBytesMax = 1024;
/// Of attributes alone: nothing else bounds them. With it no shard outgrows its offsets.
inline constexpr std::size_t kInlineAttributesMax = 768;
/// A large value's, in a shard.
inline constexpr std::size_t kAddressBytes = sizeof(void*);

/// Of blocks: a cache line.
inline constexpr std::size_t kBlockAlignment = 64;

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

inline Totals Totals::of(const StoredRecord& record) noexcept {
  const bool is_short = record.json.size() <= kInlineBytesMax;
  return {1, record.key.size() + (is_short ? record.json.size() : sizeof(Sha256))};
}

}  // namespace lull::snapshot
