#include "lull/snapshot/shard.h"

#include <xxhash.h>

#include <cassert>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>

#include "lull/base/poison.h"

namespace lull::snapshot {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t size_bytes(std::size_t size) noexcept {
  std::size_t bytes = 1;
  for (; size >= 0x80U; size >>= 7U) ++bytes;
  return bytes;
}

char* write_size(char* at, std::size_t size) noexcept {
  for (; size >= 0x80U; size >>= 7U) *at++ = static_cast<char>((size & 0x7FU) | 0x80U);
  *at++ = static_cast<char>(size);
  return at;
}

char* write_bytes(char* at, std::string_view bytes) noexcept {
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

void append_size(std::string& out, std::size_t size) {
  std::array<char, 10> bytes{};
  out.append(bytes.data(), write_size(bytes.data(), size));
}

}  // namespace

void* Node::allocate(std::size_t bytes) {
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a record of 4 GiB");  // Allowed: codec limits come far before
  }
  return ::operator new(bytes, std::align_val_t{kAlignment});
}

void Node::free(const Node* node) noexcept {
  void* const block = const_cast<Node*>(node);  // NOLINT: nobody can see it any more
  poison(block, node->block_bytes);
  ::operator delete(block, std::align_val_t{kAlignment});
}

std::uint64_t key_hash(std::string_view key) noexcept {
  return XXH3_64bits(key.data(), key.size());
}

const LargeValue* LargeValue::make(std::string_view attributes, std::string_view json,
                                   std::uint64_t born) {
  Sha256 hash = Sha256Stream().field(json).finish();
  const std::size_t bytes = sizeof(LargeValue) + attributes.size() + json.size();
  auto* const out = new (Node::allocate(bytes)) LargeValue;
  out->born = born;
  out->block_bytes = static_cast<std::uint32_t>(bytes);
  out->kind = Kind::kLargeValue;
  out->json_hash = hash;
  out->attribute_bytes = static_cast<std::uint32_t>(attributes.size());
  write_bytes(write_bytes(reinterpret_cast<char*>(out + 1), attributes), json);
  return out;
}

bool LargeValue::needed(const StoredRecord& record) noexcept {
  return record.json.empty() || record.attributes.size() > Shard::kInlineAttributesMax ||
         record.attributes.size() + record.json.size() > Shard::kInlineBytesMax;
}

Totals Totals::of(const StoredRecord& record) noexcept {
  const bool is_short = record.json.size() <= Shard::kInlineBytesMax;
  const std::size_t json_bytes = is_short ? record.json.size() : sizeof(Sha256);
  return {1, record.key.size() + json_bytes};
}

std::size_t Shard::encoded_bytes(const HashedRecord& record) noexcept {
  const StoredRecord& r = record.record;
  const std::size_t payload =
      record.large != nullptr ? sizeof(record.large) : r.attributes.size() + r.json.size();
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
    std::memcpy(at, &record.large, sizeof(record.large));
    return at + sizeof(record.large);
  }
  return write_bytes(write_bytes(at, r.attributes), r.json);
}

HashedRecord Shard::read(const char*& at) noexcept {
  HashedRecord out;
  const std::size_t key_bytes = read_size(at);
  const std::size_t attribute_bytes = read_size(at);
  const std::size_t json_bytes = read_size(at);
  out.record.key = {at, key_bytes};
  out.hash = key_hash(out.record.key);
  at += key_bytes;
  if (json_bytes == 0) {
    std::memcpy(&out.large, at, sizeof(out.large));
    at += sizeof(out.large);
    out.record.attributes = out.large->attributes();
    out.record.json = out.large->json();
  } else {
    out.record.attributes = {at, attribute_bytes};
    out.record.json = {at + attribute_bytes, json_bytes};
    at += attribute_bytes + json_bytes;
  }
  return out;
}

const Shard* Shard::make(std::span<const HashedRecord> records, std::uint64_t born,
                         std::string& scratch) {
  static_assert(sizeof(Shard) == kHeadBytes && sizeof(Group) == kAlignment);
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
  scratch.assign(1, 'S');  // no branch's bytes begin so
  for (const HashedRecord& record : records) {
    append_size(scratch, record.record.key.size());
    scratch += record.record.key;
    append_size(scratch, record.record.json.size());
    if (record.record.json.size() <= kInlineBytesMax) {
      scratch += record.record.json;
    } else {
      scratch.append(reinterpret_cast<const char*>(record.large->json_hash.bytes.data()),
                     record.large->json_hash.bytes.size());
    }
  }
  return sha256(scratch);
}

}  // namespace lull::snapshot
