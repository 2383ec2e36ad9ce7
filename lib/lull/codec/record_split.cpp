#include <algorithm>
#include <array>

#include "lull/codec/csv.h"
#include "lull/codec/number.h"
#include "lull/codec/positions.h"
#include "lull/codec/records.h"
#include "lull/codec/text_check.h"

namespace lull::codec {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Cuts one file; offsets are behind a byte-order mark.
class Splitter {
 public:
  Splitter(std::string_view text, std::string_view file_name, const RecordLimits& limits)
      : text_(text), file_name_(file_name), limits_(limits) {}

  Result<RawRecords> ndjson();
  Result<RawRecords> json_array();
  Result<RawRecords> csv(const RecordSchema& schema);

 private:
  tl::unexpected<Error> fail_at(std::size_t offset, ErrorCode code, std::string message,
                                std::string hint = {}) const {
    const Spot spot = Positions(text_).at(offset);
    return fail(code, std::move(message), {std::string(file_name_), spot.line, spot.column, {}},
                std::move(hint));
  }

  Result<void> add(std::size_t begin, std::size_t end, std::uint32_t line, const Hash128& hash);
  Result<void> add(std::size_t begin, std::size_t end, std::uint32_t line) {
    return add(begin, end, line, hash128(text_.substr(begin, end - begin)));
  }
  [[nodiscard]] std::size_t element_end(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t skip_space(std::size_t at, std::uint32_t& line) const noexcept;
  Result<void> header(std::string_view row, const RecordSchema& schema);

  std::string_view text_;
  std::string_view file_name_;
  const RecordLimits& limits_;
  RawRecords out_;
};

Result<void> Splitter::add(std::size_t begin, std::size_t end, std::uint32_t line,
                           const Hash128& hash) {
  if (end - begin > limits_.record_bytes_max) {
    return fail_at(begin, ErrorCode::kLimit,
                   "a record has " + std::to_string(end - begin) + " bytes, more than " +
                       std::to_string(limits_.record_bytes_max) + " (record_bytes_max)");
  }
  if (out_.records.size() >= limits_.records_max) {
    return fail_at(
        begin, ErrorCode::kLimit,
        "the file has more than " + std::to_string(limits_.records_max) + " records (records_max)",
        "split the file");
  }
  out_.records.push_back({text_.substr(begin, end - begin), line, hash});
  return {};
}

Result<RawRecords> Splitter::ndjson() {
  std::uint32_t line = 1;
  for (std::size_t begin = 0; begin < text_.size(); ++line) {
    const std::size_t newline = std::min(text_.find('\n', begin), text_.size());
    const std::string_view whole = text_.substr(begin, newline - begin);
    const std::size_t first = whole.find_first_not_of(kSpace);
    const std::size_t last = whole.find_last_not_of(kSpace);
    if (last != std::string_view::npos) {
      if (auto added = add(begin + first, begin + last + 1, line); !added) {
        return tl::make_unexpected(added.error());
      }
    }
    begin = newline + 1;
  }
  return std::move(out_);
}

std::size_t Splitter::skip_space(std::size_t at, std::uint32_t& line) const noexcept {
  for (; at < text_.size() && kSpace.find(text_[at]) != std::string_view::npos; ++at) {
    if (text_[at] == '\n') ++line;
  }
  return at;
}

// Where the array's element at `at` ends: at a comma or bracket of the array itself, or at the end
// of the text. Whether the element is well-formed is for parse_record() to say.
std::size_t Splitter::element_end(std::size_t at) const noexcept {
  std::size_t depth = 0;
  for (; at < text_.size(); ++at) {
    switch (text_[at]) {
      case '"':
        for (++at; at < text_.size() && text_[at] != '"'; ++at) {
          if (text_[at] == '\\') ++at;
        }
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;
        --depth;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
  }
  return text_.size();
}

Result<RawRecords> Splitter::json_array() {
  std::uint32_t line = 1;
  const std::size_t open = skip_space(0, line);
  if (text_[open] != '[') {
    return fail_at(open, ErrorCode::kSyntax, "expected '[': a file of records is a JSON array",
                   "one record a line is .ndjson");
  }
  std::size_t at = skip_space(open + 1, line);
  bool first = true;
  while (at < text_.size() && (!first || text_[at] != ']')) {
    if (text_[at] != '{') {
      return fail_at(at, ErrorCode::kSyntax, "expected a record, an object in braces");
    }
    const std::size_t end = element_end(at);
    if (end >= text_.size()) {
      return fail_at(at, ErrorCode::kSyntax, "a record that is never closed",
                     "look for a missing '}', ']' or '\"'");
    }
    const std::size_t last = text_.substr(0, end).find_last_not_of(kSpace);
    if (auto added = add(at, last + 1, line); !added) {
      return tl::make_unexpected(added.error());
    }
    // Also those within strings, where none may be: the places of what follows depend on them.
    line += static_cast<std::uint32_t>(std::ranges::count(text_.substr(at, end - at), '\n'));
    at = end;
    if (text_[at] != ',') break;
    at = skip_space(at + 1, line);
    first = false;
  }
  if (at >= text_.size() || text_[at] != ']') {
    return fail_at(std::min(at, text_.size()), ErrorCode::kSyntax,
                   "expected ',' or ']' behind a record");
  }
  at = skip_space(at + 1, line);
  if (at < text_.size()) {
    return fail_at(at, ErrorCode::kSyntax, "text behind the array's end",
                   "keep one array in a file");
  }
  return std::move(out_);
}

Result<void> Splitter::header(std::string_view row, const RecordSchema& schema) {
  for (std::size_t at = 0;;) {
    const auto cell = scan_csv_cell(row, at);
    if (!cell) {
      return fail_at(cell.error().offset, ErrorCode::kSyntax, cell.error().message,
                     cell.error().hint);
    }
    std::string name(cell->content);
    if (cell->has_doubled_quotes) name = unquote_csv(cell->content);
    if (name.empty()) {
      return fail_at(cell->offset, ErrorCode::kInvalid, "the header has a column without a name",
                     "name it, or delete the column");
    }
    if (std::ranges::find(out_.columns, name) != out_.columns.end()) {
      return fail_at(cell->offset, ErrorCode::kDuplicate,
                     "the header names the column " + quoted(name) + " twice");
    }
    out_.columns.push_back(std::move(name));
    if (cell->end >= row.size()) break;
    at = cell->end + 1;
  }
  if (std::ranges::find(out_.columns, schema.key) == out_.columns.end()) {
    return fail_at(0, ErrorCode::kInvalid,
                   "the header has no column " + quoted(schema.key) + ", which is the key",
                   "the first line must name the columns");
  }
  return {};
}

Result<RawRecords> Splitter::csv(const RecordSchema& schema) {
  std::uint32_t line = 1;
  Hash128 header_hash;
  bool has_header = false;
  for (std::size_t begin = 0; begin < text_.size();) {
    const auto end = find_csv_row_end(text_, begin);
    if (!end) {
      return fail_at(end.error().offset, ErrorCode::kSyntax, end.error().message, end.error().hint);
    }
    const std::string_view row = text_.substr(begin, *end - begin);
    if (!has_header) {
      if (auto checked = header(row, schema); !checked) {
        return tl::make_unexpected(checked.error());
      }
      header_hash = hash128(row);
      has_header = true;
    } else if (!row.empty()) {
      const std::array<Hash128, 2> hashes{header_hash, hash128(row)};
      const Hash128 both = hash128({reinterpret_cast<const char*>(hashes.data()), sizeof hashes});
      if (auto added = add(begin, *end, line, both); !added) {
        return tl::make_unexpected(added.error());
      }
    }
    line += static_cast<std::uint32_t>(std::ranges::count(row, '\n')) + 1;
    begin = *end + line_break_size(text_, *end);
  }
  return std::move(out_);
}

}  // namespace

std::optional<RecordFormat> record_format(std::string_view file_name) noexcept {
  if (file_name.ends_with(".ndjson") || file_name.ends_with(".jsonl")) return RecordFormat::kNdjson;
  if (file_name.ends_with(".json")) return RecordFormat::kJsonArray;
  if (file_name.ends_with(".csv")) return RecordFormat::kCsv;
  return std::nullopt;
}

Result<RawRecords> split_records(std::string_view bytes, RecordFormat format,
                                 std::string_view file_name, const RecordSchema& schema,
                                 const RecordLimits& limits) {
  if (bytes.size() > limits.file_bytes_max) {
    return fail(ErrorCode::kLimit,
                "the file has " + std::to_string(bytes.size()) + " bytes, more than " +
                    std::to_string(limits.file_bytes_max) + " (file_bytes_max)",
                {std::string(file_name), 0, 0, {}}, "split the file");
  }
  const Result<std::string_view> text = check_text(bytes, file_name);
  if (!text) return tl::make_unexpected(text.error());
  Splitter splitter(*text, file_name, limits);
  switch (format) {
    case RecordFormat::kNdjson:
      return splitter.ndjson();
    case RecordFormat::kJsonArray:
      return splitter.json_array();
    case RecordFormat::kCsv:
      break;
  }
  return splitter.csv(schema);
}

}  // namespace lull::codec
