// Some hundred neighbouring keys of an ordered set, packed into one block.
//
//   KeyLeaf | restart offsets | key | key | key | ...
//
// A key is the number of bytes that it shares with the one before it, the number of those that
// follow, and those. Every 16th, a restart, shares nothing, so that a search is one among restarts
// and then a walk over fewer than 16 keys. (LevelDB's tables do the same: table/block_builder.cc.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/memory_account.h"

namespace lull::snapshot {

/// Where a key, by itself alone, begins a leaf or a group of leaves. Sets with equal content so
/// have equal shape, whatever changes led to it.
struct Boundary {
  /// One key in 64 begins a leaf, more of them where keys are large: a leaf has some 16 KiB of
  /// keys or less in the mean, of which front coding leaves a part.
  static constexpr std::size_t kLeafKeysMean = 64;
  static constexpr std::size_t kLeafBytesMean = 16U << 10U;
  static constexpr std::size_t kGroupLeavesMean = 64;
  /// Where chance, or somebody who chooses keys, gives no boundary for very long, a leaf ends at
  /// these; such a cut depends on the keys since the last boundary too.
  static constexpr std::size_t kLeafKeysMax = 1024;
  static constexpr std::size_t kLeafBytesMax = 256U << 10U;  // a larger key has its own leaf

  bool leaf = false;
  bool group = false;

  [[nodiscard]] static Boundary of(std::string_view key) noexcept;
};

/// Keys one after another in one string.
class KeyList {
 public:
  void add(std::string_view key) {
    bytes_ += key;
    ends_.push_back(bytes_.size());
  }
  void clear() noexcept {
    bytes_.clear();
    ends_.clear();
  }
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t number) const noexcept {
    const std::size_t begin = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(bytes_).substr(begin, ends_[number] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// An immutable leaf; never empty.
/// Threads: any, without synchronisation.  Lifetime: shared by the sets that contain it.
/// Cost: a search is O(log keys), and decodes up to 16 keys.
class KeyLeaf {
 public:
  /// `keys` are sorted, each once. Throws std::length_error at 4 GiB, std::bad_alloc.
  [[nodiscard]] static std::shared_ptr<const KeyLeaf> make(const KeyList& keys,
                                                           std::shared_ptr<MemoryAccount> account);
  ~KeyLeaf();  ///< Poisons the keys in builds with assertions.
  KeyLeaf(const KeyLeaf&) = delete;
  KeyLeaf& operator=(const KeyLeaf&) = delete;
  // NOLINTNEXTLINE(misc-new-delete-overloads): the matching new takes the size of the block
  static void operator delete(void* leaf) { ::operator delete(leaf); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Of all keys, as they are.
  [[nodiscard]] std::size_t key_bytes() const noexcept { return key_bytes_; }
  [[nodiscard]] Boundary boundary() const noexcept { return boundary_; }
  [[nodiscard]] std::string_view first_key() const noexcept { return restart_key(0); }

  /// A place among the keys: that of the key `number`.
  struct Place {
    std::size_t number = 0;
    const char* at = nullptr;
  };
  [[nodiscard]] Place begin() const noexcept { return {0, block() + restarts()[0]}; }
  /// Makes `key`, the one before (anything at the beginning), the key at this place, and steps over
  /// it.
  void read(Place& place, std::string& key) const;
  /// Finds the first key that is not less, puts it into `found` and returns the place behind it;
  /// its number is size() + 1 if all are less.
  [[nodiscard]] Place seek(std::string_view key, std::string& found) const;

 private:
  static constexpr std::size_t kRestartInterval = 16;

  struct BlockBytes {
    std::uint32_t count = 0;
  };

  KeyLeaf(const KeyList& keys, BlockBytes block);
  static void* operator new(std::size_t object, BlockBytes block) {
    return ::operator new(object + block.count);
  }
  static void operator delete(void* leaf, BlockBytes) { ::operator delete(leaf); }

  [[nodiscard]] static std::size_t restart_count(std::size_t keys) noexcept {
    return (keys + kRestartInterval - 1) / kRestartInterval;
  }
  [[nodiscard]] const char* block() const noexcept {
    return reinterpret_cast<const char*>(this + 1);
  }
  [[nodiscard]] const std::uint32_t* restarts() const noexcept {
    return reinterpret_cast<const std::uint32_t*>(this + 1);
  }
  [[nodiscard]] std::string_view restart_key(std::size_t number) const noexcept;

  MemoryAccount::Charge charge_;
  std::size_t key_bytes_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t block_bytes_ = 0;
  Boundary boundary_;
  // In memory behind the object: the offset of each restart, then the keys.
};

}  // namespace lull::snapshot
