// A few dozen neighbouring entries of an ordered map, packed into one block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>

#include "lull/base/hash.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/key_heads.h"

namespace lull::snapshot {

/// One entry of an ordered map. The body is what the map's content hash covers beside the key; the
/// attributes are derived from it and kept so that nobody needs to parse it.
struct Entry {
  std::string_view key;
  std::string_view attributes;
  std::string_view body;

  /// What the entry counts for in the bounds of a leaf. Without the attributes, so that the shape
  /// of a map depends on nothing but what its hash covers.
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return key.size() + body.size(); }
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// Where an entry, by its own content alone, begins a leaf or a group of leaves. Maps with equal
/// content so have equal shape, whatever changes led to it.
struct Boundary {
  /// One entry in 64 begins a leaf, more of them where entries are large: a leaf has 16 KiB or less
  /// in the mean.
  static constexpr std::size_t kLeafEntriesMean = 64;
  static constexpr std::size_t kLeafBytesMean = 16U << 10U;
  static constexpr std::size_t kGroupLeavesMean = 64;
  /// Where chance, or somebody who chooses keys, gives no boundary for very long, a leaf ends at
  /// these; such a cut depends on the entries since the last boundary too.
  static constexpr std::size_t kLeafEntriesMax = 1024;
  static constexpr std::size_t kLeafBytesMax = 256U << 10U;  // a larger entry has its own leaf

  bool leaf = false;
  bool group = false;

  [[nodiscard]] static Boundary of(const Entry& entry) noexcept;
};

/// An immutable leaf; never empty.
/// Threads: any, without synchronisation.  Lifetime: shared by the maps that contain it.
/// Cost: lower_bound() is O(log entries) and mostly stays within four cache lines.
class Leaf {
 public:
  /// With `hashed`, content_hash() is computed; else it is all zero.
  [[nodiscard]] static std::shared_ptr<const Leaf> make(std::span<const Entry> entries, bool hashed,
                                                        std::shared_ptr<MemoryAccount> account);
  ~Leaf();  ///< Poisons the entries in builds with assertions.
  Leaf(const Leaf&) = delete;
  Leaf& operator=(const Leaf&) = delete;
  // NOLINTNEXTLINE(misc-new-delete-overloads): the matching new takes the size of the block
  static void operator delete(void* leaf) { ::operator delete(leaf); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t weight_bytes() const noexcept { return weight_bytes_; }
  [[nodiscard]] Entry entry(std::size_t index) const noexcept;
  [[nodiscard]] std::string_view key(std::size_t index) const noexcept {
    const char* at = block() + slots()[index].offset;
    const std::size_t bytes = read_size(at);
    return {at, bytes};
  }
  [[nodiscard]] std::string_view first_key() const noexcept { return key(0); }
  /// The first entry with a key that is not less, or size().
  [[nodiscard]] std::size_t lower_bound(std::string_view key) const noexcept {
    const int order = key.substr(0, prefix_bytes_).compare(first_key().substr(0, prefix_bytes_));
    if (order != 0) return order < 0 ? 0 : size_;
    return count_before(key);
  }
  [[nodiscard]] std::optional<Entry> find(std::string_view key) const noexcept {
    // A key without the common prefix ends anywhere, and then differs from what is there: no need
    // to fetch the first entry for a comparison.
    const std::size_t at = count_before(key);
    if (at == size_) return std::nullopt;
    const Entry found = entry(at);
    if (found.key != key) return std::nullopt;
    return found;
  }

  /// The boundary of its first entry.
  [[nodiscard]] Boundary boundary() const noexcept { return boundary_; }
  /// SHA-256 of all keys and bodies.
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }

 private:
  struct Slot {
    std::uint32_t head = 0;
    std::uint32_t offset = 0;  ///< Of the entry, from the first slot.
  };
  /// How many bytes of slots and entries follow a leaf in memory: one block is one cache miss less
  /// on the way to an entry.
  struct BlockBytes {
    std::uint32_t count = 0;
  };

  Leaf(std::span<const Entry> entries, bool hashed, BlockBytes block);
  void pack(std::span<const Entry> entries);
  static void* operator new(std::size_t object, BlockBytes block) {
    return ::operator new(object + block.count);
  }
  static void operator delete(void* leaf, BlockBytes) { ::operator delete(leaf); }

  [[nodiscard]] char* block() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* block() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }
  [[nodiscard]] const Slot* slots() const noexcept {
    return reinterpret_cast<const Slot*>(this + 1);
  }
  /// How many keys are less than one that begins with the common prefix.
  [[nodiscard]] std::size_t count_before(std::string_view key) const noexcept {
    const std::string_view rest = key.substr(std::min<std::size_t>(prefix_bytes_, key.size()));
    return snapshot::count_before(
        key_head(rest), size_, [this](std::size_t i) { return slots()[i].head; },
        [this, key](std::size_t i) { return this->key(i) < key; });
  }
  /// Reads a size of seven bits a byte, lowest first, and steps over it.
  [[nodiscard]] static std::size_t read_size(const char*& at) noexcept {
    std::size_t size = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      size |= static_cast<std::size_t>(byte & 0x7FU) << shift;
      if (byte < 0x80U) return size;
    }
  }

  Sha256 content_hash_;
  MemoryAccount::Charge charge_;
  std::size_t weight_bytes_ = 0;
  Boundary boundary_;
  std::uint32_t block_bytes_ = 0;
  // What lookups need stands last, beside the slots.
  std::uint32_t size_ = 0;
  std::uint32_t prefix_bytes_ = 0;  ///< That all keys have in common.
  // In memory behind the object: size_ + 1 slots, then the entries.
};

}  // namespace lull::snapshot
