// Bytes of a stored thing, taken piece by piece and never beyond their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lull/base/error.h"

namespace lull::snapshot {

/// Threads: one.  Lifetime: that of the bytes; what is taken are views into them.
class BoundedInput {
 public:
  /// `thing` is what messages call it: `a stored shard`. A literal.
  BoundedInput(std::string_view bytes, std::string_view thing) noexcept
      : thing_(thing), size_(bytes.size()), rest_(bytes) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
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
  /// `a stored shard has another form, before byte 4 of 100`, as kInvalid.
  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view what) const {
    return fail(ErrorCode::kInvalid, std::string(thing_) + ' ' + std::string(what) +
                                         ", before byte " + std::to_string(size_ - rest_.size()) +
                                         " of " + std::to_string(size_));
  }

 private:
  std::string_view thing_;
  std::size_t size_;
  std::string_view rest_;
};

}  // namespace lull::snapshot
