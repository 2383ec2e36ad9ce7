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
#include "lull/snapshot/key_heads.h"
#include "lull/snapshot/key_leaf.h"

namespace lull::snapshot {

/// Children in key order, found by their first keys.
template <class Child>
class KeyDirectory {
 public:
  using Children = std::vector<std::shared_ptr<const Child>>;

  KeyDirectory() = default;
  /// `like` may have some of the children too: the first and last that are the same are not looked
  /// at, which would be a cache miss each.
  KeyDirectory(Children children, const KeyDirectory& like) : children_(std::move(children)) {
    if (children_.empty()) return;
    const std::string_view first = children_.front()->first_key();
    prefix_ = first.substr(0, common_prefix(first, children_.back()->first_key()));
    const auto [same_first, same_last] = same(like);
    heads_.reserve(children_.size());
    heads_.assign(like.heads_.begin(), like.heads_.begin() + same_first);
    const std::span<const std::shared_ptr<const Child>> all(children_);
    for (const auto& child : all.subspan(same_first, all.size() - same_first - same_last)) {
      heads_.push_back(key_head(child->first_key().substr(prefix_.size())));
    }
    heads_.insert(heads_.end(), like.heads_.end() - same_last, like.heads_.end());
  }

  [[nodiscard]] const Children& children() const noexcept { return children_; }
  [[nodiscard]] bool empty() const noexcept { return children_.empty(); }

  /// The number of the child in whose range the key lies: the last one that does not begin after
  /// it, or the first. Not when empty.
  [[nodiscard]] std::size_t find(std::string_view key) const noexcept {
    const std::size_t begun = count_before(
        prefix_, key, heads_.size(), [this](std::size_t i) { return heads_[i]; },
        [this, key](std::size_t i) { return children_[i]->first_key() <= key; });
    return begun == 0 ? 0 : begun - 1;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return children_.capacity() * sizeof(children_[0]) + heads_.capacity() * sizeof(heads_[0]) +
           prefix_.capacity();
  }

 private:
  /// How many heads at the start and at the end of `like` hold here too.
  [[nodiscard]] std::pair<std::ptrdiff_t, std::ptrdiff_t> same(
      const KeyDirectory& like) const noexcept {
    if (like.prefix_ != prefix_) return {0, 0};
    const Children& theirs = like.children_;
    const auto first = std::ranges::mismatch(children_, theirs).in1 - children_.begin();
    const auto most =
        static_cast<std::ptrdiff_t>(std::min(children_.size(), theirs.size())) - first;
    std::ptrdiff_t last = 0;
    while (last < most && *(children_.end() - 1 - last) == *(theirs.end() - 1 - last)) ++last;
    return {first, last};
  }

  Children children_;
  std::vector<std::uint32_t> heads_;  ///< Of the first keys, after the prefix.
  std::string prefix_;                ///< That all first keys have in common.
};

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
