#include "lull/snapshot/leaf.h"

#include <cassert>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "lull/base/poison.h"

namespace lull::snapshot {
namespace {

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

std::size_t packed_bytes(const Entry& entry) noexcept {
  return size_bytes(entry.key.size()) + entry.key.size() + size_bytes(entry.attributes.size()) +
         entry.attributes.size() + entry.body.size();
}

}  // namespace

Boundary Boundary::of(const Entry& entry) noexcept {
  constexpr std::uint64_t kAll = 1ULL << 32U;
  // A fixed public hash: the shape is part of the content. Who picks keys that never, or always,
  // begin a leaf makes changes cost what a rebuild costs; lookups stay logarithmic.
  const std::uint64_t hash = hash128(entry.key).low;
  const std::uint64_t weight_bytes = std::min(entry.weight_bytes(), kLeafBytesMean);
  const std::uint64_t share =
      std::max(kAll / kLeafEntriesMean, weight_bytes * (kAll / kLeafBytesMean));
  const bool leaf = hash % kAll < share;
  return {leaf, leaf && (hash >> 32U) % kGroupLeavesMean == 0};
}

std::shared_ptr<const Leaf> Leaf::make(std::span<const Entry> entries, bool hashed,
                                       std::shared_ptr<MemoryAccount> account) {
  assert(!entries.empty());
  std::size_t bytes = (entries.size() + 1) * sizeof(Slot);
  for (const Entry& entry : entries) bytes += packed_bytes(entry);
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a record of 4 GiB");  // Allowed: codec limits come far before
  }
  const BlockBytes block{static_cast<std::uint32_t>(bytes)};
  const std::shared_ptr<Leaf> leaf(new (block) Leaf(entries, hashed, block));
  leaf->charge_ = MemoryAccount::Charge(std::move(account), sizeof(Leaf) + bytes);
  return leaf;
}

Leaf::Leaf(std::span<const Entry> entries, bool hashed, BlockBytes block)
    : boundary_(Boundary::of(entries.front())),
      block_bytes_(block.count),
      size_(static_cast<std::uint32_t>(entries.size())),
      prefix_bytes_(
          static_cast<std::uint32_t>(common_prefix(entries.front().key, entries.back().key))) {
  pack(entries);
  for (const Entry& entry : entries) weight_bytes_ += entry.weight_bytes();
  if (!hashed) return;
  Sha256Stream stream;
  for (const Entry& entry : entries) stream.field(entry.key).field(entry.body);
  content_hash_ = stream.finish();
}

void Leaf::pack(std::span<const Entry> entries) {
  char* at = block() + (entries.size() + 1) * sizeof(Slot);
  for (std::size_t i = 0; i <= entries.size(); ++i) {
    auto* slot = new (block() + i * sizeof(Slot)) Slot;
    slot->offset = static_cast<std::uint32_t>(at - block());
    if (i == entries.size()) break;
    const Entry& entry = entries[i];
    assert(i == 0 || entries[i - 1].key < entry.key);
    slot->head = key_head(entry.key.substr(prefix_bytes_));
    at = write_bytes(write_size(at, entry.key.size()), entry.key);
    at = write_bytes(write_size(at, entry.attributes.size()), entry.attributes);
    at = write_bytes(at, entry.body);
  }
}

Leaf::~Leaf() {
  poison(block(), block_bytes_);
}

Entry Leaf::entry(std::size_t index) const noexcept {
  assert(index < size_);
  const char* at = block() + slots()[index].offset;
  const char* end = block() + slots()[index + 1].offset;
  Entry out;
  const std::size_t key_bytes = read_size(at);
  out.key = {at, key_bytes};
  at += key_bytes;
  const std::size_t attribute_bytes = read_size(at);
  out.attributes = {at, attribute_bytes};
  at += attribute_bytes;
  out.body = {at, static_cast<std::size_t>(end - at)};
  return out;
}

}  // namespace lull::snapshot
