// Byte offsets to lines and columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lull::codec {

/// A place in a text. Both count from 1; columns count code points. 0 means unknown.
struct Spot {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// Walks a text and tells where an offset is. Lines end at '\n'.
/// Threads: one at a time.  Cost: the distance from the last question, so a question for each token
/// in turn costs one pass in all.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {}

  /// Offsets beyond the end count as the end.
  [[nodiscard]] Spot at(std::size_t offset) noexcept;

 private:
  void forward(std::size_t offset) noexcept;
  void backward(std::size_t offset) noexcept;

  std::string_view text_;
  std::size_t offset_ = 0;      // of the last question
  std::size_t line_start_ = 0;  // of the line that offset_ is in
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

/// The number of code points in valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view text) noexcept;

}  // namespace lull::codec
