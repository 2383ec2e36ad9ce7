// What all ways to share a map have in common.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "data.h"

namespace lull::inflection {

struct Settings {
  std::string store;
  std::string directory;  ///< Of an empty directory, for LMDB.
  std::size_t keys = 1'000;
  std::size_t readers = 2;
  double writes_percent = 0;  ///< Of all operations.
  double seconds = 0.5;
  double warm_up_seconds = 0.1;
  std::size_t queue_max = 4'096;  ///< Writes that wait for Lull's writer, about.
};

/// Holds value_of(key, 0) for each key once constructed, and is used by all threads at once.
/// read() calls `use` with the value while nothing can take it away, and returns its result, or
/// false if the key is not there. write() replaces the value of a key that is there.
template <class S>
concept Store = std::constructible_from<S, const Keys&, const Settings&> &&
                std::constructible_from<typename S::Reader, S&> &&
                requires(S& store, typename S::Reader& reader, std::string_view key,
                         std::string value, bool (*use)(std::string_view)) {
                  { store.read(reader, key, use) } -> std::same_as<bool>;
                  store.write(key, std::move(value));
                };

/// Where write() returns before the value is visible, the store counts those that are.
template <class S>
concept CountsVisible = requires(const S& store) {
  { store.visible() } -> std::same_as<std::uint64_t>;
  { store.publications() } -> std::same_as<std::uint64_t>;
};

/// Lets maps of strings be searched without making one.
struct KeyHash {
  using is_transparent = void;
  using is_avalanching = void;  ///< Says to Boost that all bits are mixed: libstdc++ uses Murmur.
  std::size_t operator()(std::string_view key) const noexcept {
    return std::hash<std::string_view>()(key);
  }
};

template <class Map>
void fill(Map& map, const Keys& keys) {
  map.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) map.emplace(keys[i], value_of(keys[i], 0));
}

}  // namespace lull::inflection
