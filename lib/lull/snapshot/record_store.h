// Records by key: the hash-routed half of a table.
//
//   hash of the key:  | 8 bits | 8 bits | ...        | 32 bits: group and fingerprint |
//                     branch -> branch -> shard of at most 64 records
//
// A range of hashes is one shard if its records fit into one, and otherwise two halves: the shape
// depends on the content alone. A change copies the shards that it touches and the branches above
// them; all else is shared with the version before. SHA-256 over shards and branches is a Merkle
// tree over the content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lull/base/error.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/branch.h"
#include "lull/snapshot/lineage.h"

namespace lull::snapshot {

/// One version of the records; immutable.
/// Threads: any, without synchronisation; destroyed where no reader is left.
/// Cost: find() is O(1), allocates nothing. The destructor is O(what only this version had).
class RecordStore {
 public:
  [[nodiscard]] static std::shared_ptr<const RecordStore> empty(
      std::shared_ptr<MemoryAccount> account);
  ~RecordStore();
  RecordStore(const RecordStore&) = delete;
  RecordStore& operator=(const RecordStore&) = delete;

  [[nodiscard]] std::optional<StoredRecord> find(std::string_view key) const noexcept {
    const std::uint64_t hash = key_hash(key);
    Child child = root_.child;
    for (unsigned level = 0; child.is_branch(); ++level) {
      child = child.branch()->child_at(Branch::slot_of(hash, level));
    }
    if (child.empty()) return std::nullopt;
    return child.shard()->find(hash, key, child.groups());
  }
  [[nodiscard]] std::size_t size() const noexcept { return root_.totals.records; }
  [[nodiscard]] const Sha256& content_hash() const noexcept { return root_.hash; }

  /// A record to put, which differs from the one of this key or is new, or the key of one to
  /// remove.
  struct Change {
    StoredRecord record;
    bool remove = false;
    std::optional<StoredRecord> before;  ///< What find(key) of the base gives.
  };
  /// The version after `changes`, in any order, each key once. Bytes are copied. On the newest
  /// version it costs what changes; on one that has another successor alive it copies everything.
  /// Errors: kLimit if so many keys have hashes alike that they do not fit into a shard.
  [[nodiscard]] static Result<std::shared_ptr<const RecordStore>> apply(
      const std::shared_ptr<const RecordStore>& base, std::span<const Change> changes);

  /// What must be put and taken away to make the shards of another version those of this one. Told
  /// by content: a shard that only stands elsewhere is in neither list. Both point into the stores.
  struct ShardDiff {
    std::vector<const Shard*> added;
    std::vector<const Shard*> removed;
  };
  /// `older` may be of any lineage. Cost: O(branches and shards that differ).
  [[nodiscard]] ShardDiff diff_shards(const RecordStore& older) const;

  /// Calls `visit(const Shard&)` for each shard, in the order of hashes.
  template <class Visit>
  void for_each_shard(Visit visit) const {
    visit_shards(root_.child, visit);
  }

 private:
  explicit RecordStore(std::shared_ptr<MemoryAccount> account,
                       std::shared_ptr<Lineage> lineage) noexcept;
  /// Makes this, which nobody else knows yet, the version of `work`.
  [[nodiscard]] bool begin(Lineage::Work& work, std::uint64_t base, const Subtree& root);
  [[nodiscard]] Result<std::shared_ptr<const RecordStore>> copy() const;

  static void diff(const Subtree& older, const Subtree& newer, ShardDiff& out);
  static void diff(const Branch& older, const Branch& newer, ShardDiff& out);

  template <class Visit>
  static void visit_shards(Child child, Visit& visit) {
    if (child.is_shard()) visit(*child.shard());
    if (!child.is_branch()) return;
    for (const Child below : child.branch()->child_list()) visit_shards(below, visit);
  }

  const std::shared_ptr<MemoryAccount> account_;
  const std::shared_ptr<Lineage> lineage_;
  std::uint64_t version_ = 0;  // 0 until begin(), fixed after that
  Subtree root_;               // likewise
};

}  // namespace lull::snapshot
