#include "lull/base/revision.h"

#include <array>
#include <charconv>

namespace lull {

std::string Revision::text() const {
  std::array<char, 32> buffer{};
  char* const end = buffer.data() + buffer.size();
  char* at = std::to_chars(buffer.data(), end, epoch, 16).ptr;
  *at++ = '.';
  at = std::to_chars(at, end, number).ptr;
  return {buffer.data(), at};
}

std::optional<Revision> Revision::parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  Revision out;
  const char* const middle = text.data() + dot;
  const char* const end = text.data() + text.size();
  const auto epoch = std::from_chars(text.data(), middle, out.epoch, 16);
  const auto number = std::from_chars(middle + 1, end, out.number);
  if (epoch.ec != std::errc{} || epoch.ptr != middle) return std::nullopt;
  if (number.ec != std::errc{} || number.ptr != end) return std::nullopt;
  if (out.text() != text) return std::nullopt;  // upper case, leading zeros, signs
  return out;
}

}  // namespace lull
