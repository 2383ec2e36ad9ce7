// One change on its way into the next version of a record store.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lull/snapshot/branch.h"
#include "lull/snapshot/lineage.h"
#include "lull/snapshot/record_store.h"

namespace lull::snapshot {

/// Builds the blocks of the next version; notes in a Lineage::Work what it made and replaced.
/// Threads: one.  Cost: O(shards and branches that change).
class StoreWriter {
 public:
  explicit StoreWriter(Lineage::Work& work) : work_(work) {}

  /// Thrown if more keys than fit into a shard have all 64 bits of their hash in common.
  struct Collision {};

  [[nodiscard]] Subtree apply(const Subtree& root, std::span<const RecordStore::Change> changes);

 private:
  /// A change with its place, and what all before it in that order do to the totals (modulo 2^64),
  /// so that any run of them is summed up at once. One more stands behind the last.
  struct Step {
    std::uint64_t hash = 0;
    const RecordStore::Change* change = nullptr;
    Totals before;
  };
  using Steps = std::span<const Step>;
  using Records = std::span<const HashedRecord>;
  /// A run of 2^(8 - bits) slots of one level.
  struct Range {
    unsigned level = 0;
    unsigned bits = 0;
    std::size_t slot = 0;
    [[nodiscard]] std::size_t slots() const noexcept { return Branch::kSlots >> bits; }
    [[nodiscard]] Range half(std::size_t number) const noexcept {
      return {level, bits + 1, slot + number * slots() / 2};
    }
  };

  [[nodiscard]] Subtree update(const Subtree& old, unsigned level, Steps steps);
  void update(const Branch& old, Range range, Steps steps, Branch::Draft& out);
  [[nodiscard]] Subtree grow(Records loose, Steps steps, unsigned level);
  void grow(Records loose, Steps steps, Range range, Branch::Draft& out);

  [[nodiscard]] Subtree shard(Records loose, Steps steps, const Totals& totals);
  void collect(Child child, std::vector<HashedRecord>& out);
  void large_value(HashedRecord& record);
  [[nodiscard]] Subtree finish(const Branch::Draft& draft);
  template <class Item>
  [[nodiscard]] static std::size_t split(std::span<const Item> items, const Range& range) noexcept;
  [[nodiscard]] static Totals after(Totals totals, Steps steps) noexcept;
  [[nodiscard]] static std::vector<Step> in_order(std::span<const RecordStore::Change> changes);

  void make_room();

  Lineage::Work& work_;
  std::string scratch_;
  std::vector<HashedRecord> merged_;
};

}  // namespace lull::snapshot
