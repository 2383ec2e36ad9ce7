#include "lull/codec/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace lull::codec {
namespace {

std::size_t digits_at(std::string_view text, std::size_t at) noexcept {
  const std::size_t end = text.find_first_not_of("0123456789", at);
  return (end == std::string_view::npos ? text.size() : end) - at;
}

bool is_json_number(std::string_view text) noexcept {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits_at(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, ++at);
    if (fraction == 0) return false;
    at += fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_at(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

template <class T>
bool fits(std::string_view text) noexcept {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

bool fits_double(std::string_view text) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return false;
  const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
  return value != 0 || mantissa.find_first_of("123456789") == std::string_view::npos;
}

}  // namespace

tl::expected<std::string, ScalarFault> canonical_number(std::string_view text) {
  if (!is_json_number(text)) {
    return tl::make_unexpected(
        ScalarFault{quoted(text) + " is not a number", "write it as JSON does: 12, -3, 0.5, 1e6"});
  }
  if (!is_integer_text(text)) {
    if (fits_double(text)) return std::string(text);
    return tl::make_unexpected(
        ScalarFault{"number " + quoted(text) + " is outside the range of a double",
                    "put it in quotes if it is meant as text"});
  }
  if (text == "-0") return "0";
  if (text.starts_with('-') ? fits<std::int64_t>(text) : fits<std::uint64_t>(text)) {
    return std::string(text);
  }
  return tl::make_unexpected(
      ScalarFault{"integer " + quoted(text) + " is outside the range from -2^63 to 2^64-1",
                  "put it in quotes if it is meant as text"});
}

bool is_integer_text(std::string_view number) noexcept {
  return number.find_first_of(".eE") == std::string_view::npos;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kBytesMax = 64;
  std::string out = "'";
  std::size_t end = text.size();
  if (end > kBytesMax) {
    end = kBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  }
  out += text.substr(0, end);
  out += end < text.size() ? "...'" : "'";
  return out;
}

}  // namespace lull::codec
