#include "lull/base/json_string.h"

#include <cstdint>
#include <cstring>

namespace lull {
namespace {

bool must_be_escaped(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Whether one of eight bytes must be escaped. A borrow can make a byte look less than it is only
// behind one that is too small itself, so that the answer for the eight is right.
bool any_escaped(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  const auto has_zero = [](std::uint64_t x) { return (x - kOnes) & ~x & kHigh; };
  const std::uint64_t small = (word - kOnes * 0x20) & ~word & kHigh;
  return (small | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0;
}

// How many bytes from the start need not be looked at one by one.
std::size_t plain_bytes(std::string_view text) noexcept {
  std::size_t at = 0;
  for (std::uint64_t word = 0; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (any_escaped(word)) break;
  }
  return at;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr std::string_view kPlain = "\"\\\b\f\n\r\t";
  constexpr std::string_view kShort = "\"\\bfnrt";
  out += '\\';
  if (const std::size_t at = kPlain.find(c); at != std::string_view::npos) {
    out += kShort[at];
    return;
  }
  out += "u00";
  out += kDigits[static_cast<unsigned char>(c) >> 4U];
  out += kDigits[static_cast<unsigned char>(c) & 0xFU];
}

}  // namespace

void append_json_string(std::string& out, std::string_view unescaped) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = plain_bytes(unescaped); i < unescaped.size(); ++i) {
    if (!must_be_escaped(unescaped[i])) continue;
    out.append(unescaped, copied, i - copied);
    append_escape(out, unescaped[i]);
    copied = i + 1;
  }
  out.append(unescaped, copied);
  out += '"';
}

}  // namespace lull
