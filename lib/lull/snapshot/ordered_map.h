// An immutable ordered map from bytes to bytes that shares what did not change with the next one.
//
// Three levels: entries in leaves, leaves in groups, groups in the map. Which entry begins a leaf
// or a group is decided by the entry itself (Boundary). A change rebuilds the leaves that it
// touches, their groups and the map's list of groups; everything else is the same objects as
// before. And since equal content has equal shape, hashes of leaves and groups make a Merkle tree
// over the content. (The idea is that of "prolly trees":
// https://docs.dolthub.com/architecture/storage-engine/prolly-tree.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lull/base/hash.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/key_heads.h"
#include "lull/snapshot/leaf.h"

namespace lull::snapshot {

/// Children in key order, found by their first keys.
template <class Child>
class Directory {
 public:
  using Children = std::vector<std::shared_ptr<const Child>>;

  explicit Directory(Children children) : children_(std::move(children)) {
    if (children_.empty()) return;
    const std::string_view first = children_.front()->first_key();
    prefix_ = first.substr(0, common_prefix(first, children_.back()->first_key()));
    heads_.reserve(children_.size());
    for (const auto& child : children_) {
      heads_.push_back(key_head(child->first_key().substr(prefix_.size())));
    }
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
  Children children_;
  std::vector<std::uint32_t> heads_;  ///< Of the first keys, after the prefix.
  std::string prefix_;                ///< That all first keys have in common.
};

/// Some leaves; never empty.
class Group {
 public:
  Group(Directory<Leaf>::Children leaves, bool hashed, std::shared_ptr<MemoryAccount> account);

  [[nodiscard]] const Directory<Leaf>& leaves() const noexcept { return leaves_; }
  [[nodiscard]] std::string_view first_key() const noexcept {
    return leaves_.children().front()->first_key();
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }

 private:
  Directory<Leaf> leaves_;
  std::size_t size_ = 0;  ///< Entries.
  Sha256 content_hash_;
  MemoryAccount::Charge charge_;
};

/// Threads: any, without synchronisation.  Lifetime: views are good as long as the map.
/// Cost: find() and seek() are O(log entries), allocate nothing.
class OrderedMap {
 public:
  struct Options {
    /// Whether content_hash() is kept. What is derived from other data does not need it.
    bool hashed = true;
    std::shared_ptr<MemoryAccount> account;
  };

  explicit OrderedMap(Options options) : OrderedMap(std::move(options), {}) {}

  [[nodiscard]] std::optional<Entry> find(std::string_view key) const noexcept {
    if (groups_.empty()) return std::nullopt;
    const Directory<Leaf>& leaves = groups_.children()[groups_.find(key)]->leaves();
    return leaves.children()[leaves.find(key)]->find(key);
  }

  /// A position among the entries, which the map must outlive.
  class Cursor {
   public:
    [[nodiscard]] bool done() const noexcept { return leaf_ == nullptr; }
    /// Not when done.
    [[nodiscard]] Entry entry() const noexcept { return leaf_->entry(entry_number_); }
    [[nodiscard]] std::string_view key() const noexcept { return leaf_->key(entry_number_); }
    void next() noexcept;

   private:
    friend class OrderedMap;
    void settle() noexcept;

    const OrderedMap* map_ = nullptr;
    const Leaf* leaf_ = nullptr;
    std::size_t group_number_ = 0;
    std::size_t leaf_number_ = 0;
    std::size_t entry_number_ = 0;
  };
  /// The first entry with a key that is not less.
  [[nodiscard]] Cursor seek(std::string_view key) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// SHA-256 of all keys and bodies, by way of hashes of leaves and groups. The depth is fixed, so
  /// that no leaf's content can pass for a group's.
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }

  /// An entry to put (key, attributes and body), or a key to remove.
  struct Change {
    Entry entry;
    bool remove = false;
  };
  /// The map after `changes`, which are sorted by key, each key once. Bytes are copied.
  /// Cost: O(changed leaves + groups).
  [[nodiscard]] static std::shared_ptr<const OrderedMap> apply(const OrderedMap& base,
                                                               std::span<const Change> changes);

 private:
  OrderedMap(Options options, Directory<Group>::Children groups);

  Options options_;
  Directory<Group> groups_;
  std::size_t size_ = 0;
  Sha256 content_hash_;
  MemoryAccount::Charge charge_;
};

}  // namespace lull::snapshot
