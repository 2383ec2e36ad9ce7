#include "lull/snapshot/stored_shard.h"

#include <map>
#include <set>
#include <string>

#include "lull/snapshot/bounded_input.h"
#include "lull/snapshot/table.h"
#include "lull/snapshot/table_format.h"
#include "require.h"

namespace lull::fuzz {
namespace {

using snapshot::StoredRecord;
using snapshot::StoredShard;
using snapshot::Table;
using snapshot::TableBuilder;

/// Each index of a table that is restored takes a thread.
constexpr std::size_t kIndexesMax = 2;

/// The bytes of these records, written by another way than the library's.
std::string written(std::size_t indexes, const std::vector<StoredRecord>& records) {
  std::string out = "LSh1";
  snapshot::append_varint(out, indexes);
  snapshot::append_varint(out, records.size());
  for (const StoredRecord& record : records) {
    for (const auto part : {record.key, record.attributes, record.json}) {
      snapshot::append_varint(out, part.size());
    }
    for (const auto part : {record.key, record.attributes, record.json}) out += part;
  }
  return out;
}

void check_index(const Table& table, std::size_t number, const std::vector<StoredRecord>& records) {
  std::map<std::string_view, std::set<std::string_view>> keys_by_value;
  for (const StoredRecord& record : records) {
    const auto value = snapshot::stored_index_value(record.attributes, number);
    if (value) keys_by_value[*value].insert(record.key);
  }
  for (const auto& [value, keys] : keys_by_value) {
    const snapshot::PageRequest::Where where[] = {{table.layout().indexes[number], value}};
    snapshot::PageRequest request;
    request.where = where;
    std::set<std::string_view> found;
    const auto end = table.page(request, [&found](const auto& view) { found.insert(view.key); });
    require(end.has_value() && !end->resume_after, "an index can be asked");
    require(found == keys, "an index finds the records of a value, and no others");
  }
}

/// What was accepted is fit for a table, which gives the same bytes.
void check_table(std::string_view bytes, const StoredShard& shard) {
  const auto account = std::make_shared<MemoryAccount>();
  {
    Table::Layout layout;
    for (std::size_t i = 0; i < shard.indexes; ++i) layout.indexes.push_back(std::to_string(i));
    const auto restored = TableBuilder::restore(layout, shard.records, account);
    require(restored.has_value(), "what was accepted is a table");
    const Table& table = **restored;
    require(table.size() == shard.records.size(), "a table has all records");
    for (const StoredRecord& record : shard.records) {
      require(table.records().find(record.key) == record, "a table finds each record as it was");
    }
    std::string stored;
    table.records().for_each_shard([&](const snapshot::Shard& made) {
      snapshot::append_stored_shard(stored, made, shard.indexes);
    });
    require(stored == bytes, "a table's shard has the bytes that it was read from");
    for (std::size_t i = 0; i < shard.indexes; ++i) check_index(table, i, shard.records);
  }
  require(account->bytes() == 0, "the account of memory is even at the end");
}

void check(std::string_view bytes) {
  const auto shard = snapshot::read_stored_shard(bytes);
  if (!shard) {
    require(!shard.error().message.empty(), "an error says what is wrong");
    return;
  }
  for (const StoredRecord& record : shard->records) {
    for (const auto part : {record.key, record.attributes, record.json}) {
      require(
          part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + bytes.size(),
          "what was read stands in the bytes");
    }
  }
  require(written(shard->indexes, shard->records) == bytes, "equal content has equal bytes");
  if (shard->indexes <= kIndexesMax) check_table(bytes, *shard);
}

/// The records of a shard put in their order, as far as they can be read: a change of a key hardly
/// ever leaves them in it, and then nothing behind would be looked at.
std::string in_order(std::string_view bytes) {
  snapshot::BoundedInput in(bytes, "a shard");
  static_cast<void>(in.take(4));
  const auto indexes = in.size(kIndexesMax);
  const auto count = in.size(snapshot::Shard::kRecordsMax);
  std::map<std::pair<std::uint64_t, std::string_view>, StoredRecord> records;
  for (std::size_t i = 0; i < count.value_or(0); ++i) {
    std::size_t sizes[3] = {};
    for (std::size_t& size : sizes) size = in.size(in.left()).value_or(0);
    StoredRecord record;
    for (const auto& [part, size] :
         {std::pair(&record.key, sizes[0]), std::pair(&record.attributes, sizes[1]),
          std::pair(&record.json, sizes[2])}) {
      *part = in.take(std::min(size, in.left())).value_or("");
    }
    records[{snapshot::key_hash(record.key), record.key}] = record;
  }
  std::vector<StoredRecord> list;
  for (const auto& [place, record] : records) list.push_back(record);
  return written(indexes.value_or(0), list);
}

}  // namespace
}  // namespace lull::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  lull::fuzz::check(bytes);
  const std::string sorted = lull::fuzz::in_order(bytes);
  const std::vector<char> exact(sorted.begin(), sorted.end());  // a look beyond it is seen
  lull::fuzz::check({exact.data(), exact.size()});
  return 0;
}
