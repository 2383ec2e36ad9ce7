#include "lull/codec/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace lull::codec {
namespace {

constexpr std::string_view kDecimal = "0123456789";
constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kBreaks = "\r\n";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

std::string_view take_digits(std::string_view& text) noexcept {
  const std::size_t end = std::min(text.find_first_not_of(kDecimal), text.size());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

// The parts of a decimal number of the core schema:
// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
struct Decimal {
  bool negative = false;
  std::string_view whole;
  bool has_point = false;
  std::string_view fraction;
  std::string_view exponent;  // with its letter and sign
};

std::optional<Decimal> split_decimal(std::string_view text) noexcept {
  Decimal out;
  if (text.starts_with('-') || text.starts_with('+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  out.whole = take_digits(text);
  if (text.starts_with('.')) {
    out.has_point = true;
    text.remove_prefix(1);
    out.fraction = take_digits(text);
  }
  if (out.whole.empty() && out.fraction.empty()) return std::nullopt;
  if (text.starts_with('e') || text.starts_with('E')) {
    out.exponent = text;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (take_digits(text).empty()) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

tl::expected<CoreScalar, ScalarFault> number(tl::expected<std::string, ScalarFault> text) {
  return std::move(text).map([](std::string canonical) {
    return CoreScalar{Node::Kind::kNumber, std::move(canonical)};
  });
}

tl::expected<CoreScalar, ScalarFault> resolve_decimal(const Decimal& parts, std::string_view text) {
  if (parts.whole.size() > 1 && parts.whole.front() == '0') {
    return tl::make_unexpected(
        ScalarFault{"number " + quoted(text) + " has a leading zero, which YAML 1.1 reads as octal",
                    "write it without the zero, as 0o17 for octal, or in quotes for text"});
  }
  std::string json = parts.negative ? "-" : "";
  json += parts.whole.empty() ? "0" : parts.whole;
  if (parts.has_point) {
    json += '.';
    json += parts.fraction.empty() ? "0" : parts.fraction;
  }
  json += parts.exponent;
  return number(canonical_number(json));
}

// 0o17 and 0x1F; nothing for other text.
std::optional<tl::expected<CoreScalar, ScalarFault>> resolve_radix(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const int base = text.starts_with("0o") ? 8 : text.starts_with("0x") ? 16 : 0;
  if (base == 0) return std::nullopt;
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + 2, last, value, base);
  if (end != last) return std::nullopt;
  if (error == std::errc{}) return number(std::to_string(value));
  return tl::make_unexpected(
      ScalarFault{"integer " + quoted(text) + " is outside the range from -2^63 to 2^64-1",
                  "put it in quotes if it is meant as text"});
}

bool is_not_finite(std::string_view text) {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return is_one_of(text, {".inf", ".Inf", ".INF"});
}

void append_undoubled(std::string& out, std::string_view line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    out += line[at];
    if (line[at] == '\'') ++at;
  }
}

}  // namespace

tl::expected<CoreScalar, ScalarFault> resolve_core_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return CoreScalar{Node::Kind::kNull, {}};
  if (is_one_of(text, {"true", "True", "TRUE"})) return CoreScalar{Node::Kind::kBoolean, "true"};
  if (is_one_of(text, {"false", "False", "FALSE"})) {
    return CoreScalar{Node::Kind::kBoolean, "false"};
  }
  if (is_not_finite(text)) {
    return tl::make_unexpected(ScalarFault{quoted(text) + " is not a finite number",
                                           "put it in quotes if it is meant as text"});
  }
  if (auto radix = resolve_radix(text)) return *std::move(radix);
  if (const auto decimal = split_decimal(text)) return resolve_decimal(*decimal, text);
  return CoreScalar{Node::Kind::kString, std::string(text)};
}

std::string_view single_quoted_source(std::string_view text) noexcept {
  std::size_t end = text.find('\'');
  while (end < text.size() && text.substr(end + 1).starts_with('\'')) {
    end = text.find('\'', end + 2);
  }
  return text.substr(0, end);
}

std::string single_quoted_text(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t at = 0;;) {
    const std::size_t end = std::min(source.find_first_of(kBreaks, at), source.size());
    const bool is_last = end == source.size();
    std::string_view line = source.substr(at, end - at);
    if (at != 0) line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (!is_last) line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    append_undoubled(out, line);
    if (is_last) return out;
    // One break is a space; of more, the first is nothing.
    std::size_t breaks = 0;
    for (at = end; at < source.size() && kBreaks.find(source[at]) != kBreaks.npos; ++breaks) {
      at += source.substr(at).starts_with("\r\n") ? 2 : 1;
      const std::size_t next = std::min(source.find_first_not_of(kBlanks, at), source.size());
      if (next < source.size() && kBreaks.find(source[next]) != kBreaks.npos) at = next;
    }
    if (breaks == 1) {
      out += ' ';
    } else {
      out.append(breaks - 1, '\n');
    }
  }
}

}  // namespace lull::codec
