// The two hashes of the project: XXH3-128 where speed counts (ETags, change detection), SHA-256
// where a hash is an identity across nodes (content hashes, audit).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lull {

/// 128 bits of XXH3 (https://xxhash.com), seed 0. Not cryptographic.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;

  /// 32 lower-case hex digits, without allocation.
  [[nodiscard]] std::array<char, 32> hex() const noexcept;
};

/// Cost: about 20 ns for 200 bytes, 10 GB/s and more for large input.
[[nodiscard]] Hash128 hash128(std::string_view bytes) noexcept;

/// A SHA-256 digest.
struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const Sha256&, const Sha256&) = default;
  [[nodiscard]] std::string hex() const;
};

/// SHA-256 of these bytes, without any framing. Cost: 1 to 2 GB/s where the processor has
/// instructions for it.
[[nodiscard]] Sha256 sha256(std::string_view bytes);

/// SHA-256 of a sequence of parts. `field` frames a part by its length, so that ("ab","c") and
/// ("a","bc") differ. Threads: one at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  Sha256Stream& field(std::string_view bytes);
  Sha256Stream& field(const Sha256& digest);
  /// The digest of all fields so far; the stream must not be used afterwards.
  [[nodiscard]] Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lull
