// A collection of flat records by key, in key order, with secondary indexes.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/arena.h"
#include "lull/base/error.h"
#include "lull/base/hash.h"
#include "lull/base/memory_account.h"
#include "lull/snapshot/ordered_set.h"
#include "lull/snapshot/record_store.h"

namespace lull::snapshot {

/// A record inside a table: views that live as long as the table.
struct RecordView {
  std::string_view key;
  std::string_view json;                 ///< The canonical JSON object.
  std::optional<std::int64_t> quantity;  ///< The declared quantity field, where there is one.
};

/// The quantity among a record's attributes, which table_format.h writes.
[[nodiscard]] inline std::optional<std::int64_t> stored_quantity(
    std::string_view attributes) noexcept {
  if (attributes.front() == 0) return std::nullopt;
  std::int64_t quantity = 0;
  std::memcpy(&quantity, attributes.data() + 1, sizeof(quantity));
  return quantity;
}

[[nodiscard]] inline RecordView record_view(const StoredRecord& record) noexcept {
  return {record.key, record.json, stored_quantity(record.attributes)};
}

/// What a table keeps of a record. `index_values` has one element for each declared index, in
/// their order: the field's value (a string's own characters, anything else as canonical JSON), or
/// nothing if the record lacks the field.
struct RecordInput {
  std::string key;
  std::string json;
  std::vector<std::optional<std::string>> index_values;
  std::optional<std::int64_t> quantity;
};

/// One change: a record to put, or, without one, a key to remove.
struct RecordChange {
  std::string key;
  std::optional<RecordInput> record;
};

/// A request for a page. All conditions hold together; the first `where` is the one whose entries
/// are looked at, so the rarest value should stand first.
struct PageRequest {
  std::string_view prefix;                ///< Keys start with it; empty: all.
  std::optional<std::string_view> after;  ///< Keys are greater than it.
  std::size_t limit = 100;                ///< Records at most; at least 1.
  struct Where {
    std::string_view index;
    std::string_view value;
  };
  std::span<const Where> where;
  /// Entries looked at, at most; beyond it the page ends early, with a `resume_after`.
  std::size_t scan_max = 10'000;
};

/// Where the next page starts: the value for `after`, or nothing if there is no more. After a page
/// that `scan_max` ended, the next one may turn out empty.
struct PageEnd {
  std::optional<std::string> resume_after;
};

/// An immutable table.
/// Threads: any, without synchronisation.  Lifetime: the snapshot that it was read under.
/// Cost: find() is O(1), allocates nothing; page() O(log records + entries looked at), with a
/// lookup for each entry looked at. Destroyed where no reader is left; costs what no other table
/// shares.
class Table {
 public:
  struct Layout {
    std::vector<std::string> indexes;  ///< Names of the indexed fields, unique.
    friend bool operator==(const Layout&, const Layout&) = default;
  };

  /// Here, so that a caller pays for no more of the record than it uses.
  [[nodiscard]] std::optional<RecordView> find(std::string_view key) const noexcept {
    const std::optional<StoredRecord> record = records_->find(key);
    if (!record) return std::nullopt;
    return record_view(*record);
  }

  /// Calls `visit` for each record of the page in key order.
  /// Errors: kInvalid if a `where` names no declared index (the message names those there are).
  [[nodiscard]] Result<PageEnd> page(const PageRequest& request,
                                     const std::function<void(const RecordView&)>& visit) const;

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] const Layout& layout() const noexcept;

  /// SHA-256 of all records, by way of hashes of their shards: it depends on the content alone, not
  /// on the changes that led to it.
  [[nodiscard]] const Sha256& content_hash() const noexcept;

  /// Equal content, and equal attributes, which the content hash does not cover.
  /// Cost: O(1) if contents differ; else a look at each record of shards that are not shared.
  [[nodiscard]] bool same_records(const Table& other) const;

  /// What stands behind find(), in the order of hashes; for who compares tables shard by shard.
  [[nodiscard]] const RecordStore& records() const noexcept { return *records_; }

 private:
  friend class TableBuilder;
  using Store = std::shared_ptr<const RecordStore>;
  using Order = std::shared_ptr<const OrderedSet>;

  Table(Layout layout, Store records, Order order, std::vector<Order> indexes);
  [[nodiscard]] Result<std::size_t> index_number(std::string_view name) const;

  Layout layout_;
  Store records_;
  Order order_;                 ///< All keys.
  std::vector<Order> indexes_;  ///< One for each of the layout; see table_format.h.
};

/// Applies a change set to a base table and yields the next one, sharing what did not change. A
/// large change set may be put in parts, each of which need only live until put() returns.
/// Threads: one at a time.
class TableBuilder {
 public:
  /// An empty table.
  [[nodiscard]] static std::shared_ptr<const Table> empty(Table::Layout layout,
                                                          std::shared_ptr<MemoryAccount> account);

  /// A table of records that were a table's before: with attributes as read_stored_shard() checked
  /// them, one index value for each of the layout. Bytes are copied. Fastest if the records of a
  /// shard stand together. Cost: O(records log records), without a copy of each record on the way;
  /// each index takes a thread for the time of the call.
  /// Errors: kInvalid if a key stands there twice, kLimit as of apply().
  [[nodiscard]] static Result<std::shared_ptr<const Table>> restore(
      Table::Layout layout, std::span<const StoredRecord> records,
      std::shared_ptr<MemoryAccount> account);

  /// `changes` are sorted by key, each key once (asserted). Removing a key that is not there, and
  /// putting a record that is there already, change nothing.
  /// Cost: O(changed shards and leaves) on the newest table; neither the base nor its readers
  /// notice. A base from which another table was made that is still alive is copied first.
  /// Errors: kLimit if so many keys hash alike that they do not fit into a shard.
  [[nodiscard]] static Result<std::shared_ptr<const Table>> apply(
      const std::shared_ptr<const Table>& base, std::span<const RecordChange> changes);

  /// `changes_expected` spares a large builder the copies, and their memory, of what grows.
  explicit TableBuilder(std::shared_ptr<const Table> base, std::size_t changes_expected = 0);

  /// Changes in any order, with attributes as append_attributes() writes them and `before` as the
  /// base's records() have it: each makes a difference, each key stands in one part only (asserted
  /// for what it costs nothing to see). Bytes are copied.
  /// Cost and errors: as of apply(), but the order of keys and the indexes wait for finish(): up to
  /// then each change of them holds its key and 24 bytes. Parts that are runs of part_of() touch
  /// each shard once.
  [[nodiscard]] Result<void> put(std::span<const RecordStore::Change> part);
  /// The table after all parts, once.
  [[nodiscard]] std::shared_ptr<const Table> finish();

  /// Which of `parts` runs of hashes a key belongs into; `parts` is a power of two up to 256.
  [[nodiscard]] static std::size_t part_of(std::string_view key, std::size_t parts) noexcept;

 private:
  struct OrderChanges {
    Arena keys;
    std::vector<OrderedSet::Change> changes;
    void add(std::string_view key, bool remove, std::size_t expected);
    /// Faster than comparing keys, for 40 bytes a change meanwhile.
    void sort_by_words();
    /// One of a key that stands there more than once, after sorting; null if there is none.
    [[nodiscard]] const OrderedSet::Change* twice() const noexcept;
  };

  void note_order(std::span<const RecordStore::Change> part);
  void note_index(std::size_t number, std::span<const RecordStore::Change> part);
  static Table::Order apply_order(const Table::Order& base, OrderChanges& changes);

  std::shared_ptr<const Table> base_;
  std::size_t changes_expected_;
  Table::Store records_;
  OrderChanges order_;
  std::vector<OrderChanges> indexes_;
};

/// What a table keeps of a record beside its key and JSON, in one row of bytes. `index_values` as
/// in RecordInput.
void append_attributes(std::string& out, std::optional<std::int64_t> quantity,
                       std::span<const std::optional<std::string>> index_values);

}  // namespace lull::snapshot
