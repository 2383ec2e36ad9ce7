#include "lull/snapshot/shard.h"

#include <cassert>
#include <limits>
#include <new>

namespace lull::snapshot {
namespace {

char* write_bytes(char* at, std::string_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

}  // namespace

std::size_t Shard::encoded_bytes(const HashedRecord& record) noexcept {
  const StoredRecord& r = record.record;
  const std::size_t payload =
      record.large != nullptr ? kAddressBytes : r.attributes.size() + r.json.size();
  const std::size_t attribute_bytes = record.large != nullptr ? 0 : r.attributes.size();
  const std::size_t json_bytes = record.large != nullptr ? 0 : r.json.size();
  return size_bytes(r.key.size()) + size_bytes(attribute_bytes) + size_bytes(json_bytes) +
         r.key.size() + payload;
}

char* Shard::write(char* at, const HashedRecord& record) noexcept {
  const StoredRecord& r = record.record;
  at = write_size(at, r.key.size());
  at = write_size(at, record.large != nullptr ? 0 : r.attributes.size());
  at = write_size(at, record.large != nullptr ? 0 : r.json.size());
  at = write_bytes(at, r.key);
  if (record.large != nullptr) {
    std::memcpy(at, &record.large, kAddressBytes);
    return at + kAddressBytes;
  }
  return write_bytes(write_bytes(at, r.attributes), r.json);
}

const Shard* Shard::make(std::span<const HashedRecord> records, std::uint64_t born,
                         std::string& scratch) {
  static_assert(sizeof(Shard) == kHeadBytes && sizeof(Group) == kBlockAlignment);
  // Offsets reach each record: sizes of at most six bytes together and padding of less than a unit
  // beside the weight and the attributes.
  static_assert(kHeadBytes + (kRecordsMax / kGroupRecordsMean + 1) * sizeof(Group) +
                    kWeightBytesMax + kRecordsMax * (kInlineAttributesMax + 6 + kUnit) <=
                std::numeric_limits<std::uint16_t>::max() * kUnit);
  assert(!records.empty() && records.size() <= kRecordsMax);
  const std::size_t group_count = (records.size() + kGroupRecordsMean - 1) / kGroupRecordsMean;
  std::size_t data_units = 0;
  for (const HashedRecord& record : records) data_units += units(encoded_bytes(record));
  const std::size_t bytes = kHeadBytes + group_count * sizeof(Group) + data_units * kUnit;
  assert(units(bytes) <= std::numeric_limits<std::uint16_t>::max());
  const Sha256 hash = hash_of(records, scratch);
  auto* const out = new (Node::allocate(bytes)) Shard;
  out->born = born;
  out->block_bytes = static_cast<std::uint32_t>(bytes);
  out->kind = Kind::kShard;
  out->count = static_cast<std::uint16_t>(records.size());
  out->groups = static_cast<std::uint8_t>(group_count);
  out->content_hash_ = hash;
  out->fill(records);
  return out;
}

void Shard::fill(std::span<const HashedRecord> records) {
  char* const begin = reinterpret_cast<char*>(this);
  auto* const group_list = reinterpret_cast<Group*>(begin + kHeadBytes);
  for (std::size_t i = 0; i < groups; ++i) new (group_list + i) Group;
  char* at = begin + first_record() * kUnit;
  for (const HashedRecord& record : records) {
    std::size_t number = group_of(record.hash, groups);
    while (group_list[number].used == kGroupSlots) number = number + 1 == groups ? 0 : number + 1;
    Group& group = group_list[number];
    group.fingerprints[group.used] = fingerprint_of(record.hash);
    group.offsets[group.used] =
        static_cast<std::uint16_t>(static_cast<std::size_t>(at - begin) / kUnit);
    ++group.used;
    char* const end = write(at, record);
    at = begin + units(static_cast<std::size_t>(end - begin)) * kUnit;
    std::memset(end, 0, static_cast<std::size_t>(at - end));
  }
}

Sha256 Shard::hash_of(std::span<const HashedRecord> records, std::string& scratch) {
  std::size_t bytes_max = 1;
  for (const HashedRecord& record : records) {
    bytes_max += 2 * kSizeBytesMax + Totals::of(record.record).weight_bytes;
  }
  if (scratch.size() < bytes_max) scratch.resize(bytes_max);
  char* at = scratch.data();
  *at++ = 'S';  // no branch's bytes begin so
  for (const HashedRecord& record : records) {
    const StoredRecord& r = record.record;
    at = write_bytes(write_size(at, r.key.size()), r.key);
    at = write_size(at, r.json.size());
    if (r.json.size() <= kInlineBytesMax) {
      at = write_bytes(at, r.json);
    } else {
      const auto& hash = record.large->json_hash.bytes;
      at = write_bytes(at, {reinterpret_cast<const char*>(hash.data()), hash.size()});
    }
  }
  return sha256({scratch.data(), static_cast<std::size_t>(at - scratch.data())});
}

}  // namespace lull::snapshot
