#include "lull/snapshot/key_leaf.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include "lull/base/hash.h"
#include "lull/base/poison.h"
#include "lull/snapshot/key_heads.h"

namespace lull::snapshot {
namespace {

char* write_bytes(char* at, const void* bytes, std::size_t size) noexcept {
  if (size != 0) std::memcpy(at, bytes, size);
  return at + size;
}

}  // namespace

KeyBoundary KeyBoundary::of(std::string_view key) noexcept {
  constexpr std::uint64_t kAll = 1ULL << 32U;
  // A fixed public hash: who picks keys that never, or always, begin a leaf makes changes cost what
  // a rebuild costs; lookups stay logarithmic.
  const std::uint64_t hash = hash128(key).low;
  const std::uint64_t counted = std::min(key.size(), kKeyBytesCounted);
  const std::uint64_t share = std::max(kAll / kLeafKeysMean, counted * (kAll / kLeafBytesMean));
  const bool leaf = hash % kAll < share;
  return {leaf, leaf && (hash >> 32U) % kGroupLeavesMean == 0};
}

KeyLeaf::~KeyLeaf() {
  poison(block(), block_bytes_);
}

/// How many restarts are less than `key`, which is greater than the first key and shares that many
/// bytes with it.
std::size_t KeyLeaf::restarts_before(std::string_view key,
                                     std::size_t shared_with_first) const noexcept {
  const std::string_view rest = key.substr(shared_with_first);
  const char* tail_begin = tail().data();
  std::size_t low = 0;
  for (std::size_t high = restarts(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    const char* at = tail_begin + restart_offset(middle);
    const PackedKey restart = PackedKey::read(at);
    // All are behind the first key. What leaves its bytes later is less.
    const bool before = restart.shared == shared_with_first ? restart.rest < rest
                                                            : restart.shared > shared_with_first;
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

KeyLeaf::Place KeyLeaf::find(std::string_view key) const noexcept {
  const std::string_view first = first_key();
  const char* at = tail().data();
  // How many bytes the key shares with the one before `at`, which is less.
  std::size_t shared = common_prefix(first, key);
  if (key.substr(shared) <= first.substr(shared)) return {0, {shared, first.substr(shared)}, at};
  std::size_t number = 1;
  if (const std::size_t before = restarts_before(key, shared); before != 0) {
    at += restart_offset(before - 1);
    const PackedKey restart = PackedKey::read(at);
    if (restart.shared == shared) shared += common_prefix(restart.rest, key.substr(shared));
    number = before * kRestartKeys + 1;
  }
  for (; number < size_; ++number) {
    const PackedKey packed = PackedKey::read(at);
    // The bytes in common tell mostly: a key that has more of those of the key before is less, as
    // that is; one with fewer is greater. The next restart has fewer, or is compared.
    if (packed.shared > shared) continue;
    if (packed.shared < shared) return {number, packed, at};
    const std::string_view rest = key.substr(shared);
    if (rest <= packed.rest) return {number, packed, at};
    shared += common_prefix(packed.rest, rest);
  }
  return {size_, {}, at};
}

void KeyReader::begin(const KeyLeaf& leaf) {
  key_.assign(leaf.first_key());
  at_ = leaf.tail().data();
  left_ = leaf.size() - 1;
}

bool KeyReader::seek(const KeyLeaf& leaf, std::string_view key) {
  const KeyLeaf::Place place = leaf.find(key);
  if (place.number == leaf.size()) return false;
  key_.reserve(place.key.shared + place.key.rest.size());
  key_.assign(key.substr(0, place.key.shared));
  key_.append(place.key.rest);
  at_ = place.next;
  left_ = leaf.size() - 1 - place.number;
  return true;
}

void KeyReader::to(const KeyLeaf& leaf, std::size_t number) {
  assert(number < leaf.size());
  begin(leaf);
  std::size_t here = 0;
  if (const std::size_t restart = number / KeyLeaf::kRestartKeys; restart != 0) {
    // A restart is read behind the first key as well as behind the one before it.
    at_ += leaf.restart_offset(restart - 1);
    here = restart * KeyLeaf::kRestartKeys;
    left_ = leaf.size() - here;
    static_cast<void>(next());
  }
  for (; here < number; ++here) static_cast<void>(next());
}

void KeyLeafBuilder::add(std::string_view key, KeyBoundary boundary) {
  if (empty()) {
    boundary_ = boundary;
    first_.assign(key);
    last_.assign(key);
    size_ = 1;
    return;
  }
  assert(last_ < key);
  std::size_t shared = common_prefix(last_, key);
  last_.resize(shared);
  last_.append(key.substr(shared));
  if (size_ % KeyLeaf::kRestartKeys == 0) {
    restarts_.push_back(static_cast<KeyLeaf::Offset>(tail_.size()));
    shared = common_prefix(first_, key);
  }
  append_varint(tail_, shared);
  append_varint(tail_, key.size() - shared);
  tail_.append(key.substr(shared));
  ++size_;
}

void KeyLeafBuilder::resume(const KeyLeaf& leaf, std::size_t count, const KeyReader& last) {
  assert(empty() && count > 0);
  boundary_ = leaf.boundary();
  first_.assign(leaf.first_key());
  last_.assign(last.key());
  const char* tail = leaf.tail().data();
  tail_.assign(tail, static_cast<std::size_t>(last.at() - tail));
  for (std::size_t i = 0; i < (count - 1) / KeyLeaf::kRestartKeys; ++i) {
    restarts_.push_back(static_cast<KeyLeaf::Offset>(leaf.restart_offset(i)));
  }
  size_ = count;
}

std::shared_ptr<const KeyLeaf> KeyLeafBuilder::finish(std::shared_ptr<MemoryAccount> account) {
  assert(!empty());
  const std::size_t restart_bytes = restarts_.size() * sizeof(KeyLeaf::Offset);
  const std::size_t bytes = restart_bytes + first_.size() + tail_.size();
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("a key of 4 GiB");  // Allowed: codec limits come far before
  }
  const KeyLeaf::BlockBytes block{static_cast<std::uint32_t>(bytes)};
  const std::shared_ptr<KeyLeaf> leaf(new (block) KeyLeaf);
  leaf->size_ = static_cast<std::uint32_t>(size_);
  leaf->first_key_bytes_ = static_cast<std::uint32_t>(first_.size());
  leaf->block_bytes_ = block.count;
  leaf->boundary_ = boundary_;
  char* at = write_bytes(leaf->block(), restarts_.data(), restart_bytes);
  at = write_bytes(at, first_.data(), first_.size());
  write_bytes(at, tail_.data(), tail_.size());
  leaf->charge_ = MemoryAccount::Charge(std::move(account), sizeof(KeyLeaf) + bytes);
  tail_.clear();
  restarts_.clear();
  size_ = 0;
  return leaf;
}

}  // namespace lull::snapshot
