// An immutable ordered set of keys that shares what did not change with the next one.
//
// Three levels: keys in leaves, leaves in groups, groups in the set. Which key begins a leaf or a
// group is decided by the key itself (Boundary). A change rebuilds the leaves that it touches,
// their groups and the set's list of groups; everything else is the same objects as before. (The
// idea is that of "prolly trees":
// https://docs.dolthub.com/architecture/storage-engine/prolly-tree.)
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
#include "lull/snapshot/key_leaf.h"

namespace lull::snapshot {

/// Children in key order, found by their first keys.
template <class Child>
class Directory {
 public:
  using Children = std::vector<std::shared_ptr<const Child>>;

  explicit Directory(Children children) : children_(std::move(children)) {}

  [[nodiscard]] const Children& children() const noexcept { return children_; }
  [[nodiscard]] bool empty() const noexcept { return children_.empty(); }

  /// The number of the child in whose range the key lies: the last one that does not begin after
  /// it, or the first. Not when empty.
  [[nodiscard]] std::size_t find(std::string_view key) const noexcept {
    const auto after = std::ranges::upper_bound(
        children_, key, {}, [](const auto& child) { return child->first_key(); });
    return after == children_.begin() ? 0 : static_cast<std::size_t>(after - children_.begin()) - 1;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return children_.capacity() * sizeof(children_[0]);
  }

 private:
  Children children_;
};

/// Some leaves; never empty.
class KeyGroup {
 public:
  KeyGroup(Directory<KeyLeaf>::Children leaves, std::shared_ptr<MemoryAccount> account);

  [[nodiscard]] const Directory<KeyLeaf>& leaves() const noexcept { return leaves_; }
  [[nodiscard]] std::string_view first_key() const noexcept { return first_key_; }

 private:
  Directory<KeyLeaf> leaves_;
  std::string_view first_key_;  ///< Of the first leaf, without going there.
  MemoryAccount::Charge charge_;
};

/// Threads: any, without synchronisation.
/// Cost: seek() is O(log keys).
class OrderedSet {
 public:
  explicit OrderedSet(std::shared_ptr<MemoryAccount> account)
      : OrderedSet(std::move(account), {}) {}

  /// A position among the keys, which the set must outlive. It allocates for a key longer than any
  /// before it.
  class Cursor {
   public:
    [[nodiscard]] bool done() const noexcept { return leaf_ == nullptr; }
    /// Good until next(). Not when done.
    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    void next();

   private:
    friend class OrderedSet;
    void settle();

    const OrderedSet* set_ = nullptr;
    const KeyLeaf* leaf_ = nullptr;
    std::size_t group_number_ = 0;
    std::size_t leaf_number_ = 0;
    KeyLeaf::Place behind_;  // key_
    std::string key_;
  };
  /// The first key that is not less.
  [[nodiscard]] Cursor seek(std::string_view key) const;
  [[nodiscard]] bool contains(std::string_view key) const {
    const Cursor at = seek(key);
    return !at.done() && at.key() == key;
  }
  /// Cost: O(leaves).
  [[nodiscard]] std::size_t size() const noexcept;

  /// A hash of where leaves and groups begin, for tests: it depends on the content alone.
  [[nodiscard]] Hash128 shape() const;

  /// A key to put, or to remove. One that is there already, or not there, changes nothing.
  struct Change {
    std::string_view key;
    bool remove = false;
  };
  /// The set after `changes`, which are sorted by key, each key once. Bytes are copied.
  /// Cost: O(changed leaves + groups).
  [[nodiscard]] static std::shared_ptr<const OrderedSet> apply(const OrderedSet& base,
                                                               std::span<const Change> changes);

 private:
  OrderedSet(std::shared_ptr<MemoryAccount> account, Directory<KeyGroup>::Children groups);

  std::shared_ptr<MemoryAccount> account_;
  Directory<KeyGroup> groups_;
  MemoryAccount::Charge charge_;
};

}  // namespace lull::snapshot
