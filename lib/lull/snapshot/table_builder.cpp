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
  std::vector<Table::Map> indexes(
      layout.indexes.size(),
      std::make_shared<const OrderedMap>(OrderedMap::Options{.hashed = false, .account = account}));
  auto records = std::make_shared<const OrderedMap>(
      OrderedMap::Options{.hashed = true, .account = std::move(account)});
  return std::shared_ptr<const Table>(
      new Table(std::move(layout), std::move(records), std::move(indexes)));
}

std::shared_ptr<const Table> TableBuilder::apply(const std::shared_ptr<const Table>& base,
                                                 std::span<const RecordChange> changes) {
  assert(well_formed(base->layout_, changes));
  std::string bytes;
  std::vector<Range> attributes;
  for (const RecordChange& change : changes) {
    const std::size_t begin = bytes.size();
    if (change.record) append_attributes(bytes, *change.record);
    attributes.push_back({begin, bytes.size() - begin});
  }
  std::vector<OrderedMap::Change> effective;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::optional<RecordInput>& record = changes[i].record;
    Entry after{changes[i].key, attributes[i].of(bytes), {}};
    if (record) after.body = record->json;
    const std::optional<Entry> before = base->records_->find(changes[i].key);
    if (record ? before != after : before.has_value()) {
      effective.push_back({after, !record.has_value()});
    }
  }
  if (effective.empty()) return base;
  std::vector<Table::Map> indexes;
  for (std::size_t number = 0; number < base->indexes_.size(); ++number) {
    indexes.push_back(apply_index(*base, number, effective));
  }
  return std::shared_ptr<const Table>(
      new Table(base->layout_, OrderedMap::apply(*base->records_, effective), std::move(indexes)));
}

std::shared_ptr<const OrderedMap> TableBuilder::apply_index(
    const Table& base, std::size_t number, std::span<const OrderedMap::Change> records) {
  std::string bytes;
  std::vector<std::pair<Range, bool>> changes;
  const auto add = [&](std::string_view value, std::string_view key, bool remove) {
    const std::size_t begin = bytes.size();
    append_index_key(bytes, value, key);
    changes.push_back({{begin, bytes.size() - begin}, remove});
  };
  for (const OrderedMap::Change& change : records) {
    const std::optional<Entry> record = base.records_->find(change.entry.key);
    std::optional<std::string_view> before;
    std::optional<std::string_view> after;
    if (record) before = stored_index_value(record->attributes, number);
    if (!change.remove) after = stored_index_value(change.entry.attributes, number);
    if (before == after) continue;
    if (before) add(*before, change.entry.key, true);
    if (after) add(*after, change.entry.key, false);
  }
  if (changes.empty()) return base.indexes_[number];
  std::vector<OrderedMap::Change> entries;
  entries.reserve(changes.size());
  for (const auto& [range, remove] : changes)
    entries.push_back({{range.of(bytes), {}, {}}, remove});
  std::ranges::sort(entries, {}, [](const OrderedMap::Change& change) { return change.entry.key; });
  return OrderedMap::apply(*base.indexes_[number], entries);
}

}  // namespace lull::snapshot
