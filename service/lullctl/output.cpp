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
  if (colour == Colour::kYellow) code = "\033[33m";
  return code + std::string(text) + "\033[0m";
}

std::string to_yaml(const std::string& json) {
  const std::unique_ptr<fy_document, void (*)(fy_document*)> document(
      fy_document_build_from_string(nullptr, json.data(), json.size()), fy_document_destroy);
  if (!document) return json + "\n";  // every JSON text is YAML, so this is not reached
  const std::unique_ptr<char, void (*)(void*)> text(
      fy_emit_document_to_string(document.get(), FYECF_MODE_BLOCK), std::free);
  return text ? text.get() : json + "\n";
}

void write_table(const Output& output, const std::vector<std::vector<std::string>>& rows) {
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
