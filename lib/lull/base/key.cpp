#include "lull/base/key.h"

#include <algorithm>

#include "lull/base/utf8.h"

namespace lull {
namespace {

bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}

// U+0080 to U+009F, in text that is known to be valid UTF-8: 0xC2 is always a lead byte there.
bool has_c1_control(std::string_view text) noexcept {
  for (std::size_t at = text.find('\xC2'); at != text.npos; at = text.find('\xC2', at + 1)) {
    if (static_cast<unsigned char>(text[at + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

bool is_collection_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 63 && is_lower(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_document_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kDocumentNameBytesMax && name != "." && name != ".." &&
         std::ranges::all_of(name, [](char c) {
           return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

std::string_view key_fault(std::string_view key) noexcept {
  if (key.empty()) return "is empty";
  if (key.size() > kKeyBytesMax) return "is longer than 1024 bytes";
  if (std::ranges::any_of(key, is_control)) return "has a control character";
  if (!is_utf8(key)) return "is not valid UTF-8";
  if (has_c1_control(key)) return "has a control character";
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment = key.substr(begin, end - begin);
    if (segment.empty()) return "has an empty segment";
    if (segment == "." || segment == "..") return "has a '.' or '..' segment";
    begin = end + 1;
  }
  return {};
}

}  // namespace lull
