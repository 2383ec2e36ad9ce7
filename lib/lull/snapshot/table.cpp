#include "lull/snapshot/table.h"

#include <algorithm>
#include <utility>

#include "lull/snapshot/table_format.h"

namespace lull::snapshot {
namespace {

struct Condition {
  std::size_t index = 0;
  std::string_view value;
};

bool holds(const Condition& condition, const StoredRecord& record) noexcept {
  return stored_index_value(record.attributes, condition.index) == condition.value;
}

/// Walks the entries of one order that begin with `range`: of the keys, or of the index of the
/// first condition. What is left of an entry's key after `skip` bytes is the record's key.
class PageScan {
 public:
  PageScan(const RecordStore& records, const PageRequest& request) noexcept
      : records_(records), request_(request) {}

  PageEnd run(const OrderedSet& keys, std::string_view skip, std::span<const Condition> conditions,
              const std::function<void(const RecordView&)>& visit);

 private:
  [[nodiscard]] OrderedSet::Cursor start(const OrderedSet& keys, std::string_view skip,
                                         std::string_view range) const;

  const RecordStore& records_;
  const PageRequest& request_;
};

OrderedSet::Cursor PageScan::start(const OrderedSet& keys, std::string_view skip,
                                   std::string_view range) const {
  if (!request_.after || *request_.after < request_.prefix) return keys.seek(range);
  std::string after(skip);
  after += *request_.after;
  OrderedSet::Cursor cursor = keys.seek(after);
  if (!cursor.done() && cursor.key() == after) cursor.next();
  return cursor;
}

PageEnd PageScan::run(const OrderedSet& keys, std::string_view skip,
                      std::span<const Condition> conditions,
                      const std::function<void(const RecordView&)>& visit) {
  std::string range(skip);
  range += request_.prefix;
  const std::size_t limit = std::max<std::size_t>(request_.limit, 1);
  const std::size_t scan_max = std::max<std::size_t>(request_.scan_max, 1);
  std::size_t visited = 0;
  std::size_t looked_at = 0;
  std::string_view last;  // of a record, which outlives the cursor
  for (OrderedSet::Cursor at = start(keys, skip, range); !at.done(); at.next()) {
    const std::string_view entry_key = at.key();
    if (!entry_key.starts_with(range)) break;
    if (looked_at++ == scan_max) return {std::string(last)};
    const std::string_view key = entry_key.substr(skip.size());
    const StoredRecord record = records_.find(key).value();
    if (std::ranges::all_of(conditions, [&](const Condition& c) { return holds(c, record); })) {
      // One more is looked for than is visited: to know whether there is more.
      if (visited++ == limit) return {std::string(last)};
      visit(record_view(record));
    }
    last = record.key;
  }
  return {};
}

}  // namespace

Table::Table(Layout layout, Store records, Order order, std::vector<Order> indexes)
    : layout_(std::move(layout)),
      records_(std::move(records)),
      order_(std::move(order)),
      indexes_(std::move(indexes)) {}

Result<PageEnd> Table::page(const PageRequest& request,
                            const std::function<void(const RecordView&)>& visit) const {
  std::vector<Condition> conditions;
  for (const PageRequest::Where& where : request.where) {
    const Result<std::size_t> number = index_number(where.index);
    if (!number) return tl::make_unexpected(number.error());
    conditions.push_back({*number, where.value});
  }
  PageScan scan(*records_, request);
  if (conditions.empty()) return scan.run(*order_, {}, {}, visit);
  std::string skip;
  append_index_key(skip, conditions.front().value, {});
  return scan.run(*indexes_[conditions.front().index], skip, std::span(conditions).subspan(1),
                  visit);
}

Result<std::size_t> Table::index_number(std::string_view name) const {
  const auto found = std::ranges::find(layout_.indexes, name);
  if (found != layout_.indexes.end()) {
    return static_cast<std::size_t>(found - layout_.indexes.begin());
  }
  std::string message = "no index '";
  message += name;
  message += "' is declared";
  std::string hint =
      layout_.indexes.empty() ? "this collection declares no index" : "declared are ";
  for (std::size_t i = 0; i < layout_.indexes.size(); ++i) {
    if (i != 0) hint += ", ";
    hint += layout_.indexes[i];
  }
  return fail(ErrorCode::kInvalid, std::move(message), {}, std::move(hint));
}

std::size_t Table::size() const noexcept {
  return records_->size();
}

const Table::Layout& Table::layout() const noexcept {
  return layout_;
}

bool Table::same_records(const Table& other) const {
  if (records_ == other.records_) return true;
  if (content_hash() != other.content_hash()) return false;
  std::vector<const Shard*> mine;
  records_->for_each_shard([&mine](const Shard& shard) { mine.push_back(&shard); });
  std::size_t number = 0;
  bool same = true;
  other.records_->for_each_shard([&](const Shard& theirs) {  // equal content has equal shape
    if (!same || mine[number++] == &theirs) return;
    theirs.for_each([&](const StoredRecord& record, const LargeValue*) {
      const auto found = same ? records_->find(record.key) : std::nullopt;
      same = found && found->attributes == record.attributes;
    });
  });
  return same;
}

const Sha256& Table::content_hash() const noexcept {
  return records_->content_hash();
}

}  // namespace lull::snapshot
