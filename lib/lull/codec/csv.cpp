#include "lull/codec/csv.h"

#include <algorithm>

namespace lull::codec {
namespace {

tl::expected<CsvCell, CsvFault> scan_quoted(std::string_view text, std::size_t at) {
  CsvCell cell;
  cell.offset = at;
  std::size_t quote = at;
  for (;;) {
    quote = text.find('"', quote + 1);
    if (quote == std::string_view::npos) {
      return tl::make_unexpected(CsvFault{"a quote is never closed",
                                          "close it, or double it if it is part of the text", at});
    }
    if (!text.substr(quote + 1).starts_with('"')) break;
    cell.has_doubled_quotes = true;
    ++quote;
  }
  cell.content = text.substr(at + 1, quote - at - 1);
  cell.end = quote + 1;
  const bool ends =
      cell.end == text.size() || text[cell.end] == ',' || line_break_size(text, cell.end) != 0;
  if (ends) return cell;
  return tl::make_unexpected(
      CsvFault{"text behind a closing quote, expected a comma or a line's end",
               "double a quote that is part of the text", cell.end});
}

}  // namespace

tl::expected<CsvCell, CsvFault> scan_csv_cell(std::string_view text, std::size_t at) {
  if (text.substr(at).starts_with('"')) return scan_quoted(text, at);
  std::size_t end = at;
  while (end < text.size() && text[end] != ',' && line_break_size(text, end) == 0) {
    if (text[end] == '"') {
      return tl::make_unexpected(CsvFault{"a quote inside a cell that has no quotes around it",
                                          "put the cell in quotes and double the one inside", end});
    }
    if (text[end] == '\r') {
      return tl::make_unexpected(
          CsvFault{"a carriage return without a line feed", "end lines with LF or CRLF", end});
    }
    ++end;
  }
  return CsvCell{text.substr(at, end - at), false, at, end};
}

tl::expected<std::size_t, CsvFault> find_csv_row_end(std::string_view text, std::size_t at) {
  const std::size_t newline = std::min(text.find('\n', at), text.size());
  if (text.substr(at, newline - at).find('"') == std::string_view::npos) {
    const bool crlf = newline > at && newline < text.size() && text[newline - 1] == '\r';
    return crlf ? newline - 1 : newline;
  }
  for (;;) {
    const auto cell = scan_csv_cell(text, at);
    if (!cell) return tl::make_unexpected(cell.error());
    if (cell->end == text.size() || text[cell->end] != ',') return cell->end;
    at = cell->end + 1;
  }
}

std::string unquote_csv(std::string_view content) {
  std::string out;
  out.reserve(content.size());
  for (std::size_t at = 0; at < content.size(); ++at) {
    out += content[at];
    if (content[at] == '"') ++at;
  }
  return out;
}

std::size_t line_break_size(std::string_view text, std::size_t at) noexcept {
  if (at >= text.size()) return 0;
  if (text[at] == '\n') return 1;
  return text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n' ? 2 : 0;
}

}  // namespace lull::codec
