#include "rewrite.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

#include "lull/codec/number.h"

namespace lull::fuzz {
namespace {

using codec::Member;
using codec::Node;

constexpr std::size_t kTomlNumberBytesMax = 126;  // toml++'s; it says so when it refuses one

bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// The code point at `at` of valid UTF-8, stepped over.
std::uint32_t take_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80U) return lead;
  const int more = lead < 0xE0U ? 1 : lead < 0xF0U ? 2 : 3;
  std::uint32_t out = lead & (0x3FU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i)
    out = (out << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return out;
}

/// In double quotes, with escapes that YAML and TOML have alike.
std::string escaped(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code = take_code_point(text, at);
    if (code >= ' ' && code <= '~' && code != '"' && code != '\\') {
      out += static_cast<char>(code);
      continue;
    }
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), code > 0xFFFFU ? "\\U%08X" : "\\u%04X", code);
    out += digits.data();
  }
  return out + '"';
}

std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += std::string(c == '\'' ? 2 : 1, c);
  return out + '\'';
}

class Yaml {
 public:
  static constexpr std::string_view kAssign = ": ";

  static std::optional<std::string> key(std::string_view name) {
    std::string out = string(name);
    return out.size() > 1000 ? std::nullopt : std::optional(std::move(out));
  }
  static std::string string(std::string_view text) {
    return is_plain_ascii(text) ? single_quoted(text) : escaped(text);
  }
  static std::optional<std::string> null() { return "null"; }
  static bool takes_number(const std::string&) { return true; }
};

class Toml {
 public:
  static constexpr std::string_view kAssign = " = ";

  static std::optional<std::string> key(std::string_view name) { return string(name); }
  static std::string string(std::string_view text) {
    const bool is_literal = is_plain_ascii(text) && text.find('\'') == text.npos;
    return is_literal ? '\'' + std::string(text) + '\'' : escaped(text);
  }
  static std::optional<std::string> null() { return std::nullopt; }
  static bool takes_number(const std::string& text) {
    if (text.size() > kTomlNumberBytesMax) return false;
    std::int64_t value = 0;
    return !codec::is_integer_text(text) ||
           std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
  }
};

template <class Format>
std::optional<std::string> write(const Node& node);

template <class Format>
std::optional<std::string> write_children(const Node& node, std::string_view separator) {
  std::string out;
  for (const Member& member : node.children) {
    if (&member != node.children.data()) out += separator;
    if (node.kind == Node::Kind::kObject) {
      const auto key = Format::key(member.name);
      if (!key) return std::nullopt;
      out.append(*key).append(Format::kAssign);
    }
    const auto value = write<Format>(member.value);
    if (!value) return std::nullopt;
    out += *value;
  }
  return out;
}

template <class Format>
std::optional<std::string> write(const Node& node) {
  const auto within = [&node](char open, char close) -> std::optional<std::string> {
    const auto children = write_children<Format>(node, ", ");
    return children ? std::optional(open + *children + close) : std::nullopt;
  };
  switch (node.kind) {
    case Node::Kind::kObject:
      return within('{', '}');
    case Node::Kind::kArray:
      return within('[', ']');
    case Node::Kind::kString:
      return Format::string(node.scalar);
    case Node::Kind::kNumber:
      return Format::takes_number(node.scalar) ? std::optional(node.scalar) : std::nullopt;
    case Node::Kind::kBoolean:
      return node.scalar;
    case Node::Kind::kNull:
      break;
  }
  return Format::null();
}

}  // namespace

std::optional<std::string> to_yaml(const Node& object) {
  return write<Yaml>(object);
}

std::optional<std::string> to_toml(const Node& object) {
  auto lines = write_children<Toml>(object, "\n");
  if (lines && lines->empty()) *lines = "# nothing";
  return lines;
}

}  // namespace lull::fuzz
