// Binary search among sorted keys that mostly needs four bytes of each.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lull::snapshot {

/// The first bytes, as many as the number has, as a number that orders like them; a shorter key
/// counts as filled with zeros, so that different keys may have equal heads, but never heads in the
/// wrong order.
template <class Head = std::uint32_t>
[[nodiscard]] Head key_head(std::string_view key) noexcept {
  Head head = 0;
  for (std::size_t i = 0; i < sizeof(head); ++i) {
    head = (head << 8U) | (i < key.size() ? static_cast<unsigned char>(key[i]) : Head{0});
  }
  return head;
}

/// How many bytes two keys have in common at their start; by words, because index keys may share
/// a long value.
[[nodiscard]] inline std::size_t common_prefix(std::string_view left,
                                               std::string_view right) noexcept {
  const std::size_t size = std::min(left.size(), right.size());
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, left.data() + at, sizeof(a));
    std::memcpy(&b, right.data() + at, sizeof(b));
    if (a == b) continue;
    const int bits = std::endian::native == std::endian::little ? std::countr_zero(a ^ b)
                                                                : std::countl_zero(a ^ b);
    return at + static_cast<std::size_t>(bits) / 8;
  }
  while (at < size && left[at] == right[at]) ++at;
  return at;
}

/// How many of `count` sorted keys come before a key whose head is `head`. `head_at(i)` is the head
/// of key i, `before(i)` whether key i comes before; it is asked for only where heads are equal.
template <class HeadAt, class Before>
[[nodiscard]] std::size_t count_before(std::uint32_t head, std::size_t count, HeadAt head_at,
                                       Before before) noexcept {
  // The usual loop, in the form that compiles to a conditional move instead of a branch.
  std::size_t low = 0;
  for (std::size_t size = count; size > 0;) {
    const std::size_t half = size / 2;
    const bool right = head_at(low + half) < head;
    low = right ? low + half + 1 : low;
    size = right ? size - half - 1 : half;
  }
  // All keys with this head are below `high`, which may lie somewhat too far.
  std::size_t high = low;
  for (std::size_t step = 1; high < count && head_at(high) == head; step *= 2) {
    high = std::min(high + step, count);
  }
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The same where the heads are those of what follows `prefix`, with which all keys begin.
template <class HeadAt, class Before>
[[nodiscard]] std::size_t count_before(std::string_view prefix, std::string_view key,
                                       std::size_t count, HeadAt head_at, Before before) noexcept {
  const int order = key.substr(0, prefix.size()).compare(prefix);
  if (order != 0) return order < 0 ? 0 : count;
  return count_before(key_head(key.substr(prefix.size())), count, head_at, before);
}

}  // namespace lull::snapshot
