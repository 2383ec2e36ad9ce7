// What every store holds, and how operations are drawn. go/data.go makes the same bytes and draws.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lull::inflection {

inline constexpr std::size_t kKeyBytes = 12;
inline constexpr std::size_t kValueBytes = 80;

/// `SKU-00000000` and on, in order; they live as long as this does. Threads: any, once built.
class Keys {
 public:
  explicit Keys(std::size_t count) : keys_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string digits = std::to_string(i);
      const std::string key = "SKU-" + std::string(kKeyBytes - 4 - digits.size(), '0') + digits;
      key.copy(keys_[i].data(), kKeyBytes);
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t i) const noexcept {
    return {keys_[i].data(), kKeyBytes};
  }

 private:
  std::vector<std::array<char, kKeyBytes>> keys_;
};

/// A JSON object of kValueBytes that names its key and, in 16 hexadecimal digits, its version.
inline std::string value_of(std::string_view key, std::uint64_t version) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), version, 16).ptr;
  const auto used = static_cast<std::size_t>(end - digits.data());
  std::string out;
  out.reserve(kValueBytes);
  out.append(R"({"article":")").append(key).append(R"(","version":")");
  out.append(digits.size() - used, '0').append(digits.data(), used);
  out.append(R"(","note":"fifteen letters"})");
  return out;
}

/// Whether a value is one of this key: the work that every read does, so none can be left out.
inline bool belongs(std::string_view value, std::string_view key) noexcept {
  constexpr std::size_t kKeyBegin = std::string_view(R"({"article":")").size();
  return value.size() == kValueBytes && value.substr(kKeyBegin, kKeyBytes) == key;
}

/// splitmix64. Threads: one.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace lull::inflection
