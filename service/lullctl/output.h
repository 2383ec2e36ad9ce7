// How answers are shown.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace lull::lullctl {

enum class Format : std::uint8_t { kJson, kYaml, kTable };

/// Where and how to write. Colours only where `colours` says that a person is looking.
struct Output {
  std::ostream& out;
  Format format = Format::kTable;
  bool colours = false;
};

enum class Colour : std::uint8_t { kNone, kRed, kGreen, kBold };

/// `text` in a colour, if colours are on.
[[nodiscard]] std::string coloured(const Output& output, Colour colour, std::string_view text);

/// JSON text as block YAML; numbers and strings stay what they are.
[[nodiscard]] std::string to_yaml(const std::string& json);

/// JSON text as JSON or, if that is the format, as YAML.
void write_json(const Output& output, const std::string& json);

/// Control characters as \u00XX: data must not steer the terminal, nor break a line.
[[nodiscard]] std::string printable(std::string_view text);

/// Writes rows in aligned columns, made printable; the first row is the heading.
void write_table(const Output& output, std::vector<std::vector<std::string>> rows);

}  // namespace lull::lullctl
