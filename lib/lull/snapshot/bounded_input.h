// Bytes from outside, taken piece by piece and never beyond their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lull::snapshot {

/// Threads: one.  Lifetime: that of the bytes; what is taken are views into them.
class BoundedInput {
 public:
  explicit BoundedInput(std::string_view bytes) noexcept : size_(bytes.size()), rest_(bytes) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  /// Bytes taken so far.
  [[nodiscard]] std::size_t taken() const noexcept { return size_ - rest_.size(); }
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

  /// Nothing if there are not so many.
  [[nodiscard]] std::optional<std::string_view> take(std::size_t count) noexcept {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  /// A size as write_size() writes it, in its one shortest form, of at most `max` and 32 bits.
  [[nodiscard]] std::optional<std::size_t> size(std::size_t max) noexcept {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const auto next = take(1);
      if (!next) return std::nullopt;
      const auto byte = static_cast<unsigned char>(next->front());
      out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte >= 0x80U) continue;
      if ((byte == 0 && shift != 0) || out > max) return std::nullopt;
      return static_cast<std::size_t>(out);
    }
    return std::nullopt;
  }
  /// A size, then so many bytes.
  [[nodiscard]] std::optional<std::string_view> sized() noexcept {
    const auto count = size(left());
    return count ? take(*count) : std::nullopt;
  }

 private:
  std::size_t size_;
  std::string_view rest_;
};

}  // namespace lull::snapshot
