#include <algorithm>
#include <cassert>
#include <future>
#include <utility>

#include "lull/snapshot/key_sort.h"
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
    if (change.record) {
      append_attributes(bytes, change.record->quantity, change.record->index_values);
    }
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
  TableBuilder builder(base);
  if (auto put = builder.put(effective); !put) return tl::make_unexpected(std::move(put.error()));
  return builder.finish();
}

TableBuilder::TableBuilder(std::shared_ptr<const Table> base, std::size_t changes_expected)
    : base_(std::move(base)),
      changes_expected_(changes_expected),
      records_(base_->records_),
      indexes_(base_->indexes_.size()) {}

Result<void> TableBuilder::put(std::span<const RecordStore::Change> part) {
  auto records = RecordStore::apply(records_, part);
  if (!records) return tl::make_unexpected(std::move(records.error()));
  note_order(part);
  for (std::size_t number = 0; number < indexes_.size(); ++number) note_index(number, part);
  records_ = *std::move(records);
  return {};
}

/// The order and each index are made beside the records: with two processors in half the time.
Result<std::shared_ptr<const Table>> TableBuilder::restore(Table::Layout layout,
                                                           std::span<const StoredRecord> records,
                                                           std::shared_ptr<MemoryAccount> account) {
  TableBuilder builder(empty(std::move(layout), std::move(account)), records.size());
  std::vector<RecordStore::Change> changes;
  changes.reserve(records.size());
  for (const StoredRecord& record : records) changes.push_back({record, false, {}});
  std::vector<std::future<Table::Order>> indexes;
  for (std::size_t number = 0; number < builder.indexes_.size(); ++number) {
    indexes.push_back(std::async(std::launch::async, [&builder, &changes, number] {
      builder.note_index(number, changes);
      OrderChanges& noted = builder.indexes_[number];
      noted.sort_by_words();
      if (noted.twice() != nullptr) return Table::Order();  // so it is in the order of keys
      return apply_order(builder.base_->indexes_[number], noted);
    }));
  }
  builder.note_order(changes);
  builder.order_.sort_by_words();
  if (const auto* const twice = builder.order_.twice()) {
    return fail(ErrorCode::kInvalid, "key '" + std::string(twice->key) + "' stands there twice");
  }
  Table::Order order = apply_order(builder.base_->order_, builder.order_);
  // Shards come in the order in which they are to be built: their bytes are still side by side.
  auto store = RecordStore::apply(builder.records_, changes);
  if (!store) return tl::make_unexpected(std::move(store.error()));
  std::vector<Table::Order> made;
  made.reserve(indexes.size());
  for (auto& index : indexes) made.push_back(index.get());
  return std::shared_ptr<const Table>(
      new Table(builder.base_->layout_, *std::move(store), std::move(order), std::move(made)));
}

std::shared_ptr<const Table> TableBuilder::finish() {
  if (records_ == base_->records_) return base_;
  Table::Order order = apply_order(base_->order_, order_);
  std::vector<Table::Order> indexes;
  indexes.reserve(indexes_.size());
  for (std::size_t number = 0; number < indexes_.size(); ++number) {
    indexes.push_back(apply_order(base_->indexes_[number], indexes_[number]));
  }
  return std::shared_ptr<const Table>(
      new Table(base_->layout_, std::move(records_), std::move(order), std::move(indexes)));
}

std::size_t TableBuilder::part_of(std::string_view key, std::size_t parts) noexcept {
  return Branch::slot_of(key_hash(key), 0) * parts / Branch::kSlots;
}

/// What is reserved and never written to is not resident.
void TableBuilder::OrderChanges::add(std::string_view key, bool remove, std::size_t expected) {
  if (changes.capacity() == 0) changes.reserve(expected);
  changes.push_back({keys.copy(key), remove});
}

const OrderedSet::Change* TableBuilder::OrderChanges::twice() const noexcept {
  const auto found = std::ranges::adjacent_find(changes, {}, &OrderedSet::Change::key);
  return found == changes.end() ? nullptr : &*found;
}

void TableBuilder::OrderChanges::sort_by_words() {
  std::vector<std::string_view> views;
  views.reserve(changes.size());
  for (const OrderedSet::Change& change : changes) views.push_back(change.key);
  std::vector<OrderedSet::Change> sorted;
  sorted.reserve(changes.size());
  for (const std::uint32_t place : sorted_places(views)) sorted.push_back(changes[place]);
  changes = std::move(sorted);
}

/// A change of a value alone leaves the order of keys as it is.
void TableBuilder::note_order(std::span<const RecordStore::Change> part) {
  for (const RecordStore::Change& change : part) {
    if (change.remove || !change.before) {
      order_.add(change.record.key, change.remove, changes_expected_);
    }
  }
}

void TableBuilder::note_index(std::size_t number, std::span<const RecordStore::Change> part) {
  std::string bytes;
  const auto add = [&](std::string_view value, std::string_view key, bool remove) {
    bytes.clear();
    append_index_key(bytes, value, key);
    indexes_[number].add(bytes, remove, 2 * changes_expected_);
  };
  for (const RecordStore::Change& change : part) {
    std::optional<std::string_view> before;
    std::optional<std::string_view> after;
    if (change.before) before = stored_index_value(change.before->attributes, number);
    if (!change.remove) after = stored_index_value(change.record.attributes, number);
    if (before == after) continue;
    if (before) add(*before, change.record.key, true);
    if (after) add(*after, change.record.key, false);
  }
}

Table::Order TableBuilder::apply_order(const Table::Order& base, OrderChanges& noted) {
  if (noted.changes.empty()) return base;
  if (!std::ranges::is_sorted(noted.changes, {}, &OrderedSet::Change::key)) {
    std::ranges::sort(noted.changes, {}, &OrderedSet::Change::key);
  }
  Table::Order out = OrderedSet::apply(*base, noted.changes);
  noted = {};
  return out;
}

void append_attributes(std::string& out, std::optional<std::int64_t> quantity,
                       std::span<const std::optional<std::string>> index_values) {
  out += static_cast<char>(quantity.has_value());
  if (quantity) {
    std::array<char, sizeof(std::int64_t)> bytes{};
    std::memcpy(bytes.data(), &*quantity, bytes.size());
    out.append(bytes.data(), bytes.size());
  }
  for (const auto& value : index_values) {
    assert(!value || value->size() < kAbsent);
    append_size(out, value ? static_cast<StoredSize>(value->size()) : kAbsent);
    if (value) out += *value;
  }
}

}  // namespace lull::snapshot
