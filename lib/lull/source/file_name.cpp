#include "lull/source/file_name.h"

#include <algorithm>
#include <array>

#include "lull/base/utf8.h"

namespace lull::source {
namespace {

constexpr std::array<std::string_view, 17> kLeftoverEndings = {
    "~",     ".swp", ".swo",  ".swx",  ".swpx",     ".tmp",      ".temp",      ".bak",   ".old",
    ".orig", ".rej", ".part", ".lock", ".dpkg-new", ".dpkg-old", ".dpkg-dist", ".rpmnew"};

}  // namespace

bool is_leftover(std::string_view name) noexcept {
  if (name.empty() || name.front() == '.') return true;
  if (name.front() == '#' && name.back() == '#') return true;
  if (name == "4913") return true;  // what vim creates to see whether it may write here
  return std::any_of(kLeftoverEndings.begin(), kLeftoverEndings.end(),
                     [name](std::string_view ending) { return name.ends_with(ending); });
}

bool is_printable(std::string_view name) noexcept {
  return is_utf8(name) && std::none_of(name.begin(), name.end(), is_control);
}

std::string escaped(std::string_view name) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (is_control(c) || byte >= 0x80) {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace lull::source
