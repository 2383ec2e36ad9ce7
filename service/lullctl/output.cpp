#include "lullctl/output.h"

#include <libfyaml.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>

namespace lull::lullctl {

std::string coloured(const Output& output, Colour colour, std::string_view text) {
  if (!output.colours || colour == Colour::kNone) return std::string(text);
  const char* code = "\033[1m";
  if (colour == Colour::kRed) code = "\033[31m";
  if (colour == Colour::kGreen) code = "\033[32m";
  return code + std::string(text) + "\033[0m";
}

std::string printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto code = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    const bool c1 = code == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F in UTF-8
    if (!c1 && code >= 0x20 && code != 0x7F) {
      out += text[i];
      continue;
    }
    if (c1) {
      code = next;
      ++i;
    }
    out += "\\u00";
    out += kDigits[code >> 4U];
    out += kDigits[code & 0xFU];
  }
  return out;
}

void write_json(const Output& output, const std::string& json) {
  output.format == Format::kYaml ? output.out << to_yaml(json) : output.out << json << '\n';
}

std::string to_yaml(const std::string& json) {
  fy_parse_cfg config{};  // depth is bounded where documents are taken in, not here
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_DISABLE_DEPTH_LIMIT);
  const std::unique_ptr<fy_document, void (*)(fy_document*)> document(
      fy_document_build_from_string(&config, json.data(), json.size()), fy_document_destroy);
  if (!document) return json + "\n";  // JSON is YAML too, only less pretty
  const std::unique_ptr<char, void (*)(void*)> text(
      fy_emit_document_to_string(document.get(), FYECF_MODE_BLOCK), std::free);
  return text ? text.get() : json + "\n";
}

void write_table(const Output& output, std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) std::ranges::transform(row, row.begin(), printable);
  // Columns count characters, not bytes: continuation bytes of UTF-8 take no room.
  const auto width = [](std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
  };
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      line += rows[r][i];
      if (i + 1 < rows[r].size()) line.append(widths[i] - width(rows[r][i]) + 2, ' ');
    }
    output.out << (r == 0 ? coloured(output, Colour::kBold, line) : line) << '\n';
  }
}

}  // namespace lull::lullctl
