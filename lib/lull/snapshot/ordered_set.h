// An immutable ordered set of keys that shares what did not change with the next one.
//
// Three levels: keys in leaves, leaves in groups, groups in the set. Which key begins a leaf or a
// group is decided by the key itself (KeyBoundary). A change rebuilds the leaves that it touches,
// their groups and the set's list of groups; everything else is the same objects as before. Equal
// content has equal shape. There is no hash of the content: what is ordered here is derived from
// records that have one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lull/base/hash.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/key_directory.h"
#include "lull/snapshot/key_leaf.h"

namespace lull::snapshot {

/// Some leaves; never empty.
/// Threads: any, without synchronisation.  Lifetime: shared by the sets that contain it.
class KeyGroup {
 public:
  KeyGroup(KeyDirectory<KeyLeaf> leaves, std::shared_ptr<MemoryAccount> account)
      : leaves_(std::move(leaves)),
        charge_(std::move(account), sizeof(KeyGroup) + leaves_.memory_bytes()) {}

  [[nodiscard]] const KeyDirectory<KeyLeaf>& leaves() const noexcept { return leaves_; }
  [[nodiscard]] std::string_view first_key() const noexcept {
    return leaves_.children().front()->first_key();
  }

 private:
  KeyDirectory<KeyLeaf> leaves_;
  MemoryAccount::Charge charge_;
};

/// Threads: any, without synchronisation.  Lifetime: cursors are good as long as the set.
/// Cost: contains() and seek() are O(log keys); contains() allocates nothing.
class OrderedSet {
 public:
  /// Empty. `account` may be null.
  explicit OrderedSet(std::shared_ptr<MemoryAccount> account);

  /// A position among the keys, which the set must outlive. Threads: one.
  /// Cost: has a buffer with its key; allocates when a key is longer than all before.
  class Cursor {
   public:
    [[nodiscard]] bool done() const noexcept { return set_ == nullptr; }
    /// Good until next(). Not when done.
    [[nodiscard]] std::string_view key() const noexcept { return reader_.key(); }
    /// Not when done.
    void next() {
      if (!reader_.next()) next_leaf();
    }

   private:
    friend class OrderedSet;
    void next_leaf();

    const OrderedSet* set_ = nullptr;
    std::size_t group_number_ = 0;
    std::size_t leaf_number_ = 0;
    KeyReader reader_;
  };
  /// The first key that is not less.
  [[nodiscard]] Cursor seek(std::string_view key) const;
  [[nodiscard]] bool contains(std::string_view key) const noexcept {
    if (groups_.empty()) return false;
    const KeyDirectory<KeyLeaf>& leaves = groups_.children()[groups_.find(key)]->leaves();
    return leaves.children()[leaves.find(key)]->contains(key);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// A key to insert or to remove.
  struct Change {
    std::string_view key;
    bool remove = false;
  };
  /// The set after `changes`, which are sorted by key, each key once. To insert what is there or
  /// remove what is not changes nothing. Bytes are copied.
  /// Cost: O(changed leaves + their groups), and 20 bytes for each group of the set.
  [[nodiscard]] static std::shared_ptr<const OrderedSet> apply(const OrderedSet& base,
                                                               std::span<const Change> changes);

  /// Of every leaf's bytes and where groups begin; for tests. Cost: O(keys).
  [[nodiscard]] Hash128 layout_hash() const;

 private:
  OrderedSet(std::shared_ptr<MemoryAccount> account, KeyDirectory<KeyGroup> groups,
             std::size_t size);

  std::shared_ptr<MemoryAccount> account_;
  KeyDirectory<KeyGroup> groups_;
  std::size_t size_ = 0;
  MemoryAccount::Charge charge_;
};

}  // namespace lull::snapshot
