#include <algorithm>
#include <cassert>
#include <utility>

#include "lull/snapshot/table.h"
#include "lull/snapshot/table_format.h"

namespace lull::snapshot {
namespace {

/// A part of bytes that may move while more are added.
struct Range {
  std::size_t begin = 0;
  std::size_t size = 0;
  [[nodiscard]] std::string_view of(std::string_view bytes) const noexcept {
    return bytes.substr(begin, size);
  }
};

[[maybe_unused]] bool well_formed(const Table::Layout& layout,
                                  std::span<const RecordChange> changes) {
  const bool ascending = std::ranges::adjacent_find(changes, std::ranges::greater_equal(),
                                                    &RecordChange::key) == changes.end();
  return ascending && std::ranges::all_of(changes, [&layout](const RecordChange& change) {
           return !change.record || (change.record->key == change.key &&
                                     change.record->index_values.size() == layout.indexes.size());
         });
}

}  // namespace

std::shared_ptr<const Table> TableBuilder::empty(Table::Layout layout,
                                                 std::shared_ptr<MemoryAccount> account) {
  const auto order = std::make_shared<const OrderedSet>(account);
  std::vector<Table::Order> indexes(layout.indexes.size(), order);
  return std::shared_ptr<const Table>(new Table(
      std::move(layout), RecordStore::empty(std::move(account)), order, std::move(indexes)));
}

Result<std::shared_ptr<const Table>> TableBuilder::apply(const std::shared_ptr<const Table>& base,
                                                         std::span<const RecordChange> changes) {
  assert(well_formed(base->layout_, changes));
  std::string bytes;
  std::vector<Range> attributes;
  attributes.reserve(changes.size());
  for (const RecordChange& change : changes) {
    const std::size_t begin = bytes.size();
    if (change.record) append_attributes(bytes, *change.record);
    attributes.push_back({begin, bytes.size() - begin});
  }
  std::vector<RecordStore::Change> effective;
  effective.reserve(changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::optional<RecordInput>& record = changes[i].record;
    StoredRecord after{changes[i].key, attributes[i].of(bytes), {}};
    if (record) after.json = record->json;
    const std::optional<StoredRecord> before = base->records_->find(changes[i].key);
    if (record ? before != after : before.has_value()) {
      effective.push_back({after, !record.has_value(), before});
    }
  }
  if (effective.empty()) return base;
  auto records = RecordStore::apply(base->records_, effective);
  if (!records) return tl::make_unexpected(std::move(records.error()));
  std::vector<Table::Order> indexes;
  indexes.reserve(base->indexes_.size());
  for (std::size_t number = 0; number < base->indexes_.size(); ++number) {
    indexes.push_back(apply_index(*base, number, effective));
  }
  return std::shared_ptr<const Table>(new Table(base->layout_, *std::move(records),
                                                apply_order(*base, effective), std::move(indexes)));
}

/// A change of a value alone leaves the order of keys as it is.
Table::Order TableBuilder::apply_order(const Table& base,
                                       std::span<const RecordStore::Change> records) {
  std::vector<OrderedSet::Change> changes;
  for (const RecordStore::Change& change : records) {
    if (change.remove || !change.before) {
      changes.push_back({change.record.key, change.remove});
    }
  }
  return changes.empty() ? base.order_ : OrderedSet::apply(*base.order_, changes);
}

Table::Order TableBuilder::apply_index(const Table& base, std::size_t number,
                                       std::span<const RecordStore::Change> records) {
  std::string bytes;
  std::vector<std::pair<Range, bool>> changes;
  const auto add = [&](std::string_view value, std::string_view key, bool remove) {
    const std::size_t begin = bytes.size();
    append_index_key(bytes, value, key);
    changes.push_back({{begin, bytes.size() - begin}, remove});
  };
  for (const RecordStore::Change& change : records) {
    std::optional<std::string_view> before;
    std::optional<std::string_view> after;
    if (change.before) before = stored_index_value(change.before->attributes, number);
    if (!change.remove) after = stored_index_value(change.record.attributes, number);
    if (before == after) continue;
    if (before) add(*before, change.record.key, true);
    if (after) add(*after, change.record.key, false);
  }
  if (changes.empty()) return base.indexes_[number];
  std::vector<OrderedSet::Change> entries;
  entries.reserve(changes.size());
  for (const auto& [range, remove] : changes) {
    entries.push_back({range.of(bytes), remove});
  }
  std::ranges::sort(entries, {}, &OrderedSet::Change::key);
  return OrderedSet::apply(*base.indexes_[number], entries);
}

}  // namespace lull::snapshot
