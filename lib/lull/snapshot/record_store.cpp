#include "lull/snapshot/record_store.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "lull/snapshot/store_writer.h"

namespace lull::snapshot {

RecordStore::RecordStore(std::shared_ptr<MemoryAccount> account,
                         std::shared_ptr<Lineage> lineage) noexcept
    : account_(std::move(account)), lineage_(std::move(lineage)) {}

RecordStore::~RecordStore() {
  if (version_ != 0) lineage_->end(version_, root_.child);
}

bool RecordStore::begin(Lineage::Work& work, std::uint64_t base, const Subtree& root) {
  if (!lineage_->begin(work, base)) return false;
  version_ = work.version;
  root_ = root;
  if (root_.child.empty()) root_.hash = sha256({});
  return true;
}

std::shared_ptr<const RecordStore> RecordStore::empty(std::shared_ptr<MemoryAccount> account) {
  auto lineage = std::make_shared<Lineage>(account);
  const std::shared_ptr<RecordStore> out(new RecordStore(std::move(account), std::move(lineage)));
  Lineage::Work work;
  work.version = 1;
  [[maybe_unused]] const bool begun = out->begin(work, 0, {});
  assert(begun);
  return out;
}

/// The same content with a lineage of its own.
Result<std::shared_ptr<const RecordStore>> RecordStore::copy() const {
  std::vector<Change> all;
  all.reserve(size());
  for_each_shard([&all](const Shard& shard) {
    shard.for_each([&all](const StoredRecord& record, const LargeValue*) {
      all.push_back({record, false, {}});
    });
  });
  return apply(empty(account_), all);
}

Result<std::shared_ptr<const RecordStore>> RecordStore::apply(
    const std::shared_ptr<const RecordStore>& base, std::span<const Change> changes) {
  if (changes.empty()) return base;
  Lineage::Work work;
  work.version = base->lineage_->next_version(base->version_);
  if (work.version != 0) {
    const std::shared_ptr<RecordStore> next(new RecordStore(base->account_, base->lineage_));
    try {
      const Subtree root = StoreWriter(work).apply(base->root_, changes);
      if (next->begin(work, base->version_, root)) return next;
    } catch (const StoreWriter::Collision&) {
      return fail(ErrorCode::kLimit,
                  "more keys hash alike than shard_records_max of " +
                      std::to_string(Shard::kRecordsMax) + " allows",
                  {}, "such keys are chosen on purpose: find out where they come from");
    }
  }
  auto copied = base->copy();
  if (!copied) return copied;
  return apply(*copied, changes);
}

void RecordStore::diff(const Subtree& older, const Subtree& newer, ShardDiff& out) {
  if (older.child == newer.child || older.hash == newer.hash) return;
  if (older.child.is_branch() && newer.child.is_branch()) {
    return diff(*older.child.branch(), *newer.child.branch(), out);
  }
  const auto remove = [&out](const Shard& shard) { out.removed.push_back(&shard); };
  const auto add = [&out](const Shard& shard) { out.added.push_back(&shard); };
  visit_shards(older.child, remove);
  visit_shards(newer.child, add);
}

/// Runs of slots are powers of two and aligned to themselves: where they differ, the longer one
/// covers several of the shorter ones, and all of them are compared with it.
void RecordStore::diff(const Branch& older, const Branch& newer, ShardDiff& out) {
  const auto remove = [&out](const Shard& shard) { out.removed.push_back(&shard); };
  const auto add = [&out](const Shard& shard) { out.added.push_back(&shard); };
  const auto run_end = [](const Branch& branch, std::size_t slot) {
    const std::size_t number = branch.number_at(slot);
    while (slot < Branch::kSlots && branch.number_at(slot) == number) ++slot;
    return slot;
  };
  for (std::size_t slot = 0; slot < Branch::kSlots;) {
    const std::size_t older_end = run_end(older, slot);
    const std::size_t newer_end = run_end(newer, slot);
    const std::size_t end = std::max(older_end, newer_end);
    if (older_end == newer_end) {
      diff(older.subtree(older.number_at(slot)), newer.subtree(newer.number_at(slot)), out);
    } else {
      for (std::size_t i = slot; i < end; i = run_end(older, i)) {
        visit_shards(older.child_at(i), remove);
      }
      for (std::size_t i = slot; i < end; i = run_end(newer, i)) {
        visit_shards(newer.child_at(i), add);
      }
    }
    slot = end;
  }
}

RecordStore::ShardDiff RecordStore::diff_shards(const RecordStore& older) const {
  ShardDiff all;
  diff(older.root_, root_, all);
  // Content that only moved to another place of the directory was met on both sides.
  const auto less = [](const Shard* a, const Shard* b) {
    return a->content_hash() < b->content_hash();
  };
  std::ranges::sort(all.added, less);
  std::ranges::sort(all.removed, less);
  ShardDiff out;
  std::ranges::set_difference(all.added, all.removed, std::back_inserter(out.added), less);
  std::ranges::set_difference(all.removed, all.added, std::back_inserter(out.removed), less);
  return out;
}

}  // namespace lull::snapshot
