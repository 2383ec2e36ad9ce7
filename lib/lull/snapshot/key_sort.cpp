#include "lull/snapshot/key_sort.h"

#include <algorithm>
#include <cstddef>

#include "lull/snapshot/key_heads.h"

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
  std::uint32_t taken = 0;  // how many of the head's bytes are the key's; the others are zeros
};

/// An object, so that sorting sees through it.
constexpr auto kBefore = [](const Place& a, const Place& b) noexcept {
  return a.head != b.head ? a.head < b.head : a.taken < b.taken;
};

class KeySort {
 public:
  explicit KeySort(std::span<const std::string_view> keys) noexcept : keys_(keys) {}

  /// Sorts a run of keys that agree in their first `depth` bytes.
  void run(std::span<Place> places, std::size_t depth, int level = 0) const {
    if (places.size() < kFew || level == kLevelsMax) {
      std::ranges::sort(places, {}, [&](const Place& place) { return key(place).substr(depth); });
      return;
    }
    depth += common(places, depth);
    for (Place& place : places) {
      const std::string_view rest = key(place).substr(depth);
      place.head = key_head<std::uint64_t>(rest);
      place.taken = static_cast<std::uint32_t>(std::min(rest.size(), kHeadBytes));
    }
    std::ranges::sort(places, kBefore);
    for (auto begin = places.begin(); begin != places.end();) {
      const auto end = std::find_if(begin, places.end(),
                                    [&](const Place& place) { return kBefore(*begin, place); });
      // Keys that end within the head are equal.
      if (end - begin > 1 && begin->taken == kHeadBytes) {
        run({begin, end}, depth + kHeadBytes, level + 1);
      }
      begin = end;
    }
  }

 private:
  [[nodiscard]] std::string_view key(const Place& place) const noexcept {
    return keys_[place.place];
  }
  /// How many bytes after `depth` all have in common.
  [[nodiscard]] std::size_t common(std::span<const Place> places,
                                   std::size_t depth) const noexcept {
    std::string_view out = key(places.front()).substr(depth);
    for (const Place& place : places) {
      if (out.empty()) break;
      out = out.substr(0, common_prefix(out, key(place).substr(depth)));
    }
    return out.size();
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
