#include "lull/snapshot/key_leaf.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

#include "lull/base/hash.h"
#include "lull/base/poison.h"
#include "lull/snapshot/varint.h"

namespace lull::snapshot {
namespace {

std::size_t common_prefix(std::string_view left, std::string_view right) noexcept {
  return static_cast<std::size_t>(std::ranges::mismatch(left, right).in1 - left.begin());
}

/// Calls `visit(number, bytes shared with the key before, the rest)` for each key.
template <class Visit>
void encode(const KeyList& keys, std::size_t restart_interval, Visit visit) {
  std::string_view before;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string_view key = keys[i];
    assert(i == 0 || before < key);
    const std::size_t shared = i % restart_interval == 0 ? 0 : common_prefix(before, key);
    visit(i, shared, key.substr(shared));
    before = key;
  }
}

}  // namespace

Boundary Boundary::of(std::string_view key) noexcept {
  constexpr std::uint64_t kAll = 1ULL << 32U;
  // A fixed public hash: the shape is part of the content. Who picks keys that never, or always,
  // begin a leaf makes changes cost what a rebuild costs; searches stay logarithmic.
  const std::uint64_t hash = hash128(key).low;
  const std::uint64_t bytes = std::min(key.size(), kLeafBytesMean);
  const std::uint64_t share = std::max(kAll / kLeafKeysMean, bytes * (kAll / kLeafBytesMean));
  const bool leaf = hash % kAll < share;
  return {leaf, leaf && (hash >> 32U) % kGroupLeavesMean == 0};
}

std::shared_ptr<const KeyLeaf> KeyLeaf::make(const KeyList& keys,
                                             std::shared_ptr<MemoryAccount> account) {
  assert(!keys.empty());
  std::size_t bytes = restart_count(keys.size()) * sizeof(std::uint32_t);
  encode(keys, kRestartInterval, [&bytes](std::size_t, std::size_t shared, std::string_view rest) {
    bytes += size_bytes(shared) + size_bytes(rest.size()) + rest.size();
  });
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a key of 4 GiB");  // Allowed: codec limits come far before
  }
  const BlockBytes block{static_cast<std::uint32_t>(bytes)};
  const std::shared_ptr<KeyLeaf> leaf(new (block) KeyLeaf(keys, block));
  leaf->charge_ = MemoryAccount::Charge(std::move(account), sizeof(KeyLeaf) + bytes);
  return leaf;
}

KeyLeaf::KeyLeaf(const KeyList& keys, BlockBytes block)
    : key_bytes_(keys.bytes()),
      size_(static_cast<std::uint32_t>(keys.size())),
      block_bytes_(block.count),
      boundary_(Boundary::of(keys[0])) {
  char* const begin = reinterpret_cast<char*>(this + 1);
  char* at = begin + restart_count(size_) * sizeof(std::uint32_t);
  encode(keys, kRestartInterval, [&](std::size_t i, std::size_t shared, std::string_view rest) {
    if (i % kRestartInterval == 0) {
      new (begin + i / kRestartInterval * sizeof(std::uint32_t))
          std::uint32_t(static_cast<std::uint32_t>(at - begin));
    }
    at = write_size(write_size(at, shared), rest.size());
    if (!rest.empty()) std::memcpy(at, rest.data(), rest.size());
    at += rest.size();
  });
}

KeyLeaf::~KeyLeaf() {
  poison(this + 1, block_bytes_);
}

std::string_view KeyLeaf::restart_key(std::size_t number) const noexcept {
  const char* at = block() + restarts()[number] + 1;  // shares 0 bytes
  const std::size_t bytes = read_size(at);
  return {at, bytes};
}

void KeyLeaf::read(Place& place, std::string& key) const {
  assert(place.number < size_);
  const std::size_t shared = read_size(place.at);
  const std::size_t bytes = read_size(place.at);
  key.resize(shared);
  key.append(place.at, bytes);
  place.at += bytes;
  ++place.number;
}

KeyLeaf::Place KeyLeaf::seek(std::string_view key, std::string& found) const {
  // The last restart that does not come after the key, or the first.
  std::size_t low = 0;
  std::size_t high = restart_count(size_);
  while (low + 1 < high) {
    const std::size_t middle = low + (high - low) / 2;
    (restart_key(middle) <= key ? low : high) = middle;
  }
  Place place{low * kRestartInterval, block() + restarts()[low]};
  while (place.number < size_) {
    read(place, found);
    if (found >= key) return place;
  }
  ++place.number;
  return place;
}

}  // namespace lull::snapshot
