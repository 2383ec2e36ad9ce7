// Some hundred neighbouring keys of an ordered set, front-coded into one block.
//
// The first key stands in full; each other one is how many bytes it shares with the key before it,
// the size of the rest, the rest. Every 16th key (a restart) counts what it shares with the *first*
// key instead, so that a search can begin there. Since keys ascend, the key before a restart shares
// these bytes too: reading in order needs to know nothing of restarts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/memory_account.h"
#include "lull/snapshot/varint.h"

namespace lull::snapshot {

/// Where a key, by its own bytes alone, begins a leaf or a group of leaves. Sets with equal content
/// so have equal shape, whatever changes led to it.
struct KeyBoundary {
  /// A leaf has 4 KiB of keys, before they are packed, or 512 keys in the mean, whichever is less.
  /// A key counts for 128 bytes at most: long keys that are neighbours mostly share most of it.
  static constexpr std::size_t kLeafBytesMean = 4U << 10U;
  static constexpr std::size_t kLeafKeysMean = 512;
  static constexpr std::size_t kKeyBytesCounted = 128;
  static constexpr std::size_t kGroupLeavesMean = 32;
  /// Where chance, or somebody who chooses keys, gives no boundary for very long, a leaf ends once
  /// it has this; such a cut depends on the keys since the last boundary too.
  static constexpr std::size_t kLeafKeysMax = 4096;
  static constexpr std::size_t kLeafTailBytesMax = 128U << 10U;  ///< Packed, behind the first key.

  bool leaf = false;
  bool group = false;

  [[nodiscard]] static KeyBoundary of(std::string_view key) noexcept;
  /// Whether a leaf that has this must end.
  [[nodiscard]] static bool full(std::size_t keys, std::size_t tail_bytes) noexcept {
    return keys >= kLeafKeysMax || tail_bytes >= kLeafTailBytesMax;
  }
};

/// A key as it is packed.
struct PackedKey {
  std::size_t shared = 0;  ///< Bytes in common with another key.
  std::string_view rest;

  /// Reads one and steps over it.
  [[nodiscard]] static PackedKey read(const char*& at) noexcept {
    PackedKey out;
    out.shared = read_size(at);
    const std::size_t size = read_size(at);
    out.rest = {at, size};
    at += size;
    return out;
  }
};

/// An immutable leaf; never empty.
/// Threads: any, without synchronisation.  Lifetime: shared by the sets that contain it.
/// Cost: find() is a binary search among restarts and at most 16 keys; it allocates nothing.
class KeyLeaf {
 public:
  static constexpr std::size_t kRestartKeys = 16;

  ~KeyLeaf();  ///< Poisons the keys in builds with assertions.
  KeyLeaf(const KeyLeaf&) = delete;
  KeyLeaf& operator=(const KeyLeaf&) = delete;
  // NOLINTNEXTLINE(misc-new-delete-overloads): the matching new takes the size of the block
  static void operator delete(void* leaf) { ::operator delete(leaf); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view first_key() const noexcept {
    return {block() + restarts() * sizeof(Offset), first_key_bytes_};
  }
  /// The packed keys behind the first.
  [[nodiscard]] std::string_view tail() const noexcept {
    const char* end = block() + block_bytes_;
    const char* begin = first_key().data() + first_key_bytes_;
    return {begin, static_cast<std::size_t>(end - begin)};
  }
  /// The boundary of its first key.
  [[nodiscard]] KeyBoundary boundary() const noexcept { return boundary_; }
  [[nodiscard]] bool full() const noexcept { return KeyBoundary::full(size_, tail().size()); }

  /// Where a key is.
  struct Place {
    std::size_t number = 0;      ///< How many keys come before.
    PackedKey key;               ///< `shared` counts bytes of the key that was looked for.
    const char* next = nullptr;  ///< Behind it.
  };
  /// The first key that is not less; without one `number` is size(), the rest meaningless.
  [[nodiscard]] Place find(std::string_view key) const noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept {
    const Place place = find(key);
    return place.number < size_ && key.substr(place.key.shared) == place.key.rest;
  }

  /// How many restarts there are behind the first key, and where in the tail number `index` is: key
  /// (index + 1) * kRestartKeys.
  [[nodiscard]] std::size_t restarts() const noexcept { return (size_ - 1) / kRestartKeys; }
  [[nodiscard]] std::size_t restart_offset(std::size_t index) const noexcept {
    return reinterpret_cast<const Offset*>(this + 1)[index];
  }

 private:
  friend class KeyLeafBuilder;
  using Offset = std::uint32_t;
  /// How many bytes follow a leaf in memory.
  struct BlockBytes {
    std::uint32_t count = 0;
  };

  KeyLeaf() = default;
  static void* operator new(std::size_t object, BlockBytes block) {
    return ::operator new(object + block.count);
  }
  static void operator delete(void* leaf, BlockBytes) { ::operator delete(leaf); }
  [[nodiscard]] char* block() noexcept { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* block() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }
  [[nodiscard]] std::size_t restarts_before(std::string_view key,
                                            std::size_t shared_with_first) const noexcept;

  MemoryAccount::Charge charge_;
  std::uint32_t size_ = 0;
  std::uint32_t first_key_bytes_ = 0;
  std::uint32_t block_bytes_ = 0;
  KeyBoundary boundary_;
  // In memory behind the object: offsets of restarts, the first key, the tail.
};

/// Reads the keys of leaves in order. Threads: one.  Lifetime: of the leaf that it stands in.
/// Cost: allocates when a key is longer than all that it has read.
class KeyReader {
 public:
  /// To the first key.
  void begin(const KeyLeaf& leaf);
  /// To the first key that is not less; false if there is none.
  [[nodiscard]] bool seek(const KeyLeaf& leaf, std::string_view key);
  /// To key `number`.
  void to(const KeyLeaf& leaf, std::size_t number);
  /// To the next key of the leaf; false if there is none.
  [[nodiscard]] bool next() {
    if (left_ == 0) return false;
    --left_;
    const PackedKey packed = PackedKey::read(at_);
    key_.resize(packed.shared);
    key_.append(packed.rest);
    return true;
  }

  [[nodiscard]] std::string_view key() const noexcept { return key_; }
  /// Behind the key, in its leaf.
  [[nodiscard]] const char* at() const noexcept { return at_; }

 private:
  std::string key_;
  const char* at_ = nullptr;
  std::size_t left_ = 0;  ///< Keys behind this one.
};

/// Packs ascending keys into leaves, one leaf after the other. Threads: one.
/// Cost: a few nanoseconds a key; finish() copies the leaf once.
class KeyLeafBuilder {
 public:
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return KeyBoundary::full(size_, tail_.size()); }

  /// `boundary` is the key's; it counts where the leaf is empty.
  void add(std::string_view key, KeyBoundary boundary);
  /// Goes on behind the first keys of a leaf, up to that where `last` stands. Only when empty.
  void resume(const KeyLeaf& leaf, std::size_t count, const KeyReader& last);
  /// Only when not empty; is so then.
  [[nodiscard]] std::shared_ptr<const KeyLeaf> finish(std::shared_ptr<MemoryAccount> account);

 private:
  KeyBoundary boundary_;
  std::string first_;
  std::string last_;
  std::string tail_;
  std::vector<KeyLeaf::Offset> restarts_;
  std::size_t size_ = 0;
};

}  // namespace lull::snapshot
