#include "lull/snapshot/store_writer.h"

#include <algorithm>
#include <cassert>

namespace lull::snapshot {

#if defined(LULL_MUTANT_SHARED_SHARD_MODIFIED)
namespace {
/// The defect: the shard that older versions share is changed in place.
void overwrite(const StoredRecord& old, const StoredRecord& by) noexcept {
  if (old.json.size() != by.json.size()) return;
  std::ranges::copy(by.json, const_cast<char*>(old.json.data()));
}
}  // namespace
#endif

/// Room for one more block: so that none is lost between its making and its being noted.
void StoreWriter::make_room() {
  if (work_.made.size() == work_.made.capacity()) work_.made.reserve(2 * work_.made.size() + 16);
}

/// The totals after these changes.
Totals StoreWriter::after(Totals totals, Steps steps) noexcept {
  totals += steps.data()[steps.size()].before;
  totals -= steps.data()->before;
  return totals;
}

std::vector<StoreWriter::Step> StoreWriter::in_order(std::span<const RecordStore::Change> changes) {
  std::vector<Step> steps;
  steps.reserve(changes.size() + 1);
  for (const RecordStore::Change& change : changes) {
    steps.push_back({key_hash(change.record.key), &change, {}});
  }
  std::ranges::sort(steps, [](const Step& a, const Step& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.change->record.key < b.change->record.key;
  });
  Totals totals;
  for (Step& step : steps) {
    step.before = totals;
    if (!step.change->remove) totals += Totals::of(step.change->record);
    if (step.change->before) totals -= Totals::of(*step.change->before);
  }
  steps.push_back({0, nullptr, totals});
  return steps;
}

Subtree StoreWriter::apply(const Subtree& root, std::span<const RecordStore::Change> changes) {
  const std::vector<Step> steps = in_order(changes);
  return update(root, 0, Steps(steps).first(changes.size()));
}

/// The subtree after these changes, all of which belong into it.
Subtree StoreWriter::update(const Subtree& old, unsigned level, Steps steps) {
  if (steps.empty()) return old;
  const Totals totals = after(old.totals, steps);
  if (old.child.is_branch() && !Shard::fits(totals)) {
    Branch::Draft draft;
    update(*old.child.branch(), {level, 0, 0}, steps, draft);
    work_.replaced.push_back(old.child.branch());
    Subtree out = finish(draft);
#if defined(LULL_MUTANT_SHALLOW_DIRECTORY)
    const std::size_t slot = Branch::slot_of(steps.front().hash, level);
    old.child.branch()->overwrite(slot, out.child.branch()->child_at(slot));
#endif
    return out;
  }
  std::vector<HashedRecord> loose;
  collect(old.child, loose);
  return Shard::fits(totals) ? shard(loose, steps, totals) : grow(loose, steps, level);
}

/// The same for a run of slots: children without changes are shared, the rest follows the rule.
void StoreWriter::update(const Branch& old, Range range, Steps steps, Branch::Draft& out) {
  const std::size_t first = old.number_at(range.slot);
  const std::size_t last = old.number_at(range.slot + range.slots() - 1);
  const bool is_one = first == last;
  Totals totals;
  for (std::size_t i = first; i <= last && !steps.empty(); ++i) totals += old.totals_of(i);
  totals = after(totals, steps);
  if (steps.empty()) {
    for (std::size_t i = range.slot; i < range.slot + range.slots();) {
      const std::size_t number = old.number_at(i);
      std::size_t end = i;
      while (end < range.slot + range.slots() && old.number_at(end) == number) ++end;
      out.add(old.subtree(number), end - i);
      i = end;
    }
  } else if (is_one && range.bits == Branch::kBits) {
    out.add(update(old.subtree(first), range.level + 1, steps), 1);
  } else if (is_one || Shard::fits(totals)) {
    std::vector<HashedRecord> loose;
    for (std::size_t i = first; i <= last; ++i) collect(old.subtree(i).child, loose);
    if (Shard::fits(totals)) {
      out.add(shard(loose, steps, totals), range.slots());
    } else {
      grow(loose, steps, range, out);
    }
  } else {
    const std::size_t middle = split(steps, range);
    update(old, range.half(0), steps.first(middle), out);
    update(old, range.half(1), steps.subspan(middle), out);
  }
}

/// A level for records that stand in no shard any more, and changes.
Subtree StoreWriter::grow(Records loose, Steps steps, unsigned level) {
  if (level == Branch::kLevelsMax) throw Collision{};  // Allowed: RecordStore::apply() catches it
  Branch::Draft draft;
  grow(loose, steps, {level, 0, 0}, draft);
  return finish(draft);
}

void StoreWriter::grow(Records loose, Steps steps, Range range, Branch::Draft& out) {
  Totals totals;
  for (const HashedRecord& record : loose) totals += Totals::of(record.record);
  totals = after(totals, steps);
  if (Shard::fits(totals)) {
    out.add(shard(loose, steps, totals), range.slots());
  } else if (range.bits == Branch::kBits) {
    out.add(grow(loose, steps, range.level + 1), 1);
  } else {
    const std::size_t loose_middle = split(loose, range);
    const std::size_t middle = split(steps, range);
    grow(loose.first(loose_middle), steps.first(middle), range.half(0), out);
    grow(loose.subspan(loose_middle), steps.subspan(middle), range.half(1), out);
  }
}

/// How many of the items belong into the lower half of the range.
template <class Item>
std::size_t StoreWriter::split(std::span<const Item> items, const Range& range) noexcept {
  const std::size_t middle = range.half(1).slot;
  const auto found = std::ranges::partition_point(
      items, [&](const Item& item) { return Branch::slot_of(item.hash, range.level) < middle; });
  return static_cast<std::size_t>(found - items.begin());
}

/// The records of a subtree that is replaced.
void StoreWriter::collect(Child child, std::vector<HashedRecord>& out) {
  if (child.is_shard()) {
    work_.replaced.push_back(child.shard());
    out.reserve(out.size() + child.shard()->size());
    child.shard()->for_each([&out](const StoredRecord& record, const LargeValue* large) {
      out.push_back({key_hash(record.key), record, large});
    });
  } else if (child.is_branch()) {
    work_.replaced.push_back(child.branch());
    for (const Child below : child.branch()->child_list()) collect(below, out);
  }
}

void StoreWriter::large_value(HashedRecord& record) {
  if (record.large != nullptr || !LargeValue::needed(record.record)) return;
  make_room();
  record.large = LargeValue::make(record.record.attributes, record.record.json, work_.version);
  work_.made.push_back(record.large);
}

/// Merges the changes into the records, which together fit into one shard, or are none.
Subtree StoreWriter::shard(Records loose, Steps steps, const Totals& totals) {
  merged_.clear();
  merged_.reserve(Shard::kRecordsMax);
  const auto take = [this](const Step& step) {
    if (step.change->remove) return;
    HashedRecord& record = merged_.emplace_back(HashedRecord{step.hash, step.change->record});
    large_value(record);
  };
  for (const HashedRecord& record : loose) {
    const auto is_before = [&](const Step& step) {
      return step.hash != record.hash ? step.hash < record.hash
                                      : step.change->record.key < record.record.key;
    };
    for (; !steps.empty() && is_before(steps.front()); steps = steps.subspan(1)) {
      take(steps.front());
    }
    if (!steps.empty() && steps.front().hash == record.hash &&
        steps.front().change->record.key == record.record.key) {
#if defined(LULL_MUTANT_SHARED_SHARD_MODIFIED)
      if (!steps.front().change->remove) overwrite(record.record, steps.front().change->record);
#endif
      if (record.large != nullptr) work_.replaced.push_back(record.large);
      take(steps.front());
      steps = steps.subspan(1);
    } else {
      merged_.push_back(record);
    }
  }
  for (const Step& step : steps) take(step);
  if (merged_.empty()) return {};
  make_room();
  const Shard* const out = Shard::make(merged_, work_.version, scratch_);
  work_.made.push_back(out);
  return {Child(out), totals, out->content_hash()};
}

Subtree StoreWriter::finish(const Branch::Draft& draft) {
  make_room();
  const Subtree out = draft.finish(work_.version, scratch_);
  work_.made.push_back(out.child.branch());
  return out;
}

}  // namespace lull::snapshot
