#include "lull/base/json_string.h"

namespace lull {
namespace {

bool must_be_escaped(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
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
  for (std::size_t i = 0; i < unescaped.size(); ++i) {
    if (!must_be_escaped(unescaped[i])) continue;
    out.append(unescaped, copied, i - copied);
    append_escape(out, unescaped[i]);
    copied = i + 1;
  }
  out.append(unescaped, copied);
  out += '"';
}

}  // namespace lull
