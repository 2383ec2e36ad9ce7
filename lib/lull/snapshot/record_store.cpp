#include "lull/snapshot/record_store.h"

#include <cassert>
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

}  // namespace lull::snapshot
