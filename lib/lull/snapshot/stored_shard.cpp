#include "lull/snapshot/stored_shard.h"

#include <limits>
#include <optional>

#include "lull/base/key.h"
#include "lull/snapshot/bounded_input.h"
#include "lull/snapshot/table_format.h"
#include "lull/snapshot/varint.h"

namespace lull::snapshot {
namespace {

/// Another form of the bytes is another head: what does not know it refuses it.
constexpr std::string_view kHead = "LSh1";
/// More than any table declares; a hostile count must not make loops long.
constexpr std::size_t kIndexesMax = 4096;

/// Whether attributes are what append_attributes() writes for so many indexes.
bool well_formed(std::string_view attributes, std::size_t indexes) noexcept {
  if (attributes.empty()) return false;
  const char has_quantity = attributes.front();
  if (has_quantity != 0 && has_quantity != 1) return false;
  const std::size_t head = has_quantity == 0 ? 1 : 1 + sizeof(std::int64_t);
  if (attributes.size() < head) return false;
  attributes.remove_prefix(head);
  for (std::size_t i = 0; i < indexes; ++i) {
    if (attributes.size() < sizeof(StoredSize)) return false;
    const StoredSize size = take_size(attributes);
    if (size == kAbsent) continue;
    if (size > attributes.size()) return false;
    attributes.remove_prefix(size);
  }
  return attributes.empty();
}

std::optional<StoredRecord> read_record(BoundedInput& in) noexcept {
  constexpr std::size_t kSizeMax = std::numeric_limits<std::uint32_t>::max();
  const auto key_bytes = in.size(kKeyBytesMax);
  const auto attribute_bytes = in.size(kSizeMax);
  const auto json_bytes = in.size(kSizeMax);
  if (!key_bytes || !attribute_bytes || !json_bytes) return std::nullopt;
  const auto key = in.take(*key_bytes);
  const auto attributes = in.take(*attribute_bytes);
  const auto json = in.take(*json_bytes);
  if (!key || !attributes || !json) return std::nullopt;
  return StoredRecord{*key, *attributes, *json};
}

/// The order of a shard's records.
bool comes_before(const HashedRecord& a, const HashedRecord& b) noexcept {
  return a.hash != b.hash ? a.hash < b.hash : a.record.key < b.record.key;
}

}  // namespace

void append_stored_shard(std::string& out, const Shard& shard, std::size_t indexes) {
  out += kHead;
  append_varint(out, indexes);
  append_varint(out, shard.size());
  shard.for_each([&out](const StoredRecord& record, const LargeValue*) {
    append_varint(out, record.key.size());
    append_varint(out, record.attributes.size());
    append_varint(out, record.json.size());
    out += record.key;
    out += record.attributes;
    out += record.json;
  });
}

Result<StoredShard> read_stored_shard(std::string_view bytes) {
  BoundedInput in(bytes, "a stored shard");
  if (in.take(kHead.size()) != kHead) return in.refuse("has another form");
  const auto indexes = in.size(kIndexesMax);
  if (!indexes) return in.refuse("has no number of indexes");
  const auto count = in.size(Shard::kRecordsMax);
  if (!count || *count == 0) return in.refuse("has no number of records that is allowed");
  StoredShard out;
  out.indexes = *indexes;
  out.records.reserve(*count);
  Totals totals;
  HashedRecord last;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto record = read_record(in);
    if (!record) return in.refuse("names more bytes than it has");
    if (!key_fault(record->key).empty()) return in.refuse("has a key that is not allowed");
    if (!well_formed(record->attributes, *indexes)) return in.refuse("has broken attributes");
    if (record->json.empty()) return in.refuse("has a record without JSON");
    const HashedRecord next{key_hash(record->key), *record, nullptr};
    if (i != 0 && !comes_before(last, next)) return in.refuse("has records out of order");
    last = next;
    totals += Totals::of(*record);
    out.records.push_back(*record);
  }
  if (!in.done()) return in.refuse("has bytes after its records");
  if (!Shard::fits(totals)) return in.refuse("has more bytes than a shard takes");
  return out;
}

}  // namespace lull::snapshot
