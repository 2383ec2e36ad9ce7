#include "lull/snapshot/key_sort.h"

#include <algorithm>
#include <cstddef>

namespace lull::snapshot {
namespace {

constexpr std::size_t kHeadBytes = sizeof(std::uint64_t);
/// Fewer are compared as they are: to look for what they have in common would cost as much.
constexpr std::size_t kFew = 32;
/// Keys that are made to agree in ever more bytes are compared as they are from here on.
constexpr int kLevelsMax = 64;

struct Place {
  std::uint64_t head = 0;
  std::uint32_t place = 0;
};

class KeySort {
 public:
  explicit KeySort(std::span<const std::string_view> keys) noexcept : keys_(keys) {}

  /// Sorts a run of keys that agree in their first `depth` bytes.
  void run(std::span<Place> places, std::size_t depth, int level = 0) {
    for (;;) {
      if (places.size() < kFew || level++ == kLevelsMax || !set_heads(places, depth))
        return compare(places);
      std::ranges::sort(places, {}, &Place::head);
      depth += kHeadBytes;
      if (places.front().head != places.back().head) break;
    }
    for (auto begin = places.begin(); begin != places.end();) {
      const std::uint64_t head = begin->head;
      const auto end =
          std::find_if(begin, places.end(), [&](const Place& p) { return p.head != head; });
      if (end - begin > 1) run({begin, end}, depth, level);
      begin = end;
    }
  }

 private:
  [[nodiscard]] std::string_view key(const Place& place) const noexcept {
    return keys_[place.place];
  }
  void compare(std::span<Place> places) const {
    std::ranges::sort(places, {}, [this](const Place& place) { return key(place); });
  }
  /// Steps `depth` over what all have in common, and reads the eight bytes after it. False if a key
  /// ends before: where there are no bytes, zeros would look like some that are there.
  [[nodiscard]] bool set_heads(std::span<Place> places, std::size_t& depth) const noexcept {
    const std::string_view first = key(places.front());
    std::size_t common = first.size();
    std::size_t shortest = first.size();
    for (const Place& place : places) {
      const std::string_view other = key(place);
      shortest = std::min(shortest, other.size());
      common = std::min(common, shortest);
      const auto [end, unused] = std::mismatch(first.begin() + static_cast<std::ptrdiff_t>(depth),
                                               first.begin() + static_cast<std::ptrdiff_t>(common),
                                               other.begin() + static_cast<std::ptrdiff_t>(depth));
      common = static_cast<std::size_t>(end - first.begin());
    }
    // Keys that end within the next eight bytes still have the eight bytes before their end.
    depth =
        std::min(common, shortest < kHeadBytes ? depth : std::max(depth, shortest - kHeadBytes));
    if (depth + kHeadBytes > shortest) return false;
    for (Place& place : places) {
      std::uint64_t head = 0;
      for (const char c : key(place).substr(depth, kHeadBytes)) {
        head = (head << 8U) | static_cast<unsigned char>(c);
      }
      place.head = head;
    }
    return true;
  }

  std::span<const std::string_view> keys_;
};

}  // namespace

std::vector<std::uint32_t> sorted_places(std::span<const std::string_view> keys) {
  std::vector<Place> places(keys.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) places[i].place = i;
  KeySort(keys).run(places, 0);
  std::vector<std::uint32_t> out;
  out.reserve(places.size());
  for (const Place& place : places) out.push_back(place.place);
  return out;
}

}  // namespace lull::snapshot
