#include <deque>

#include "lull/codec/csv.h"
#include "lull/codec/number.h"
#include "lull/codec/parse.h"
#include "lull/codec/record_exact.h"
#include "lull/codec/record_fast.h"
#include "lull/codec/record_members.h"

namespace lull::codec {
namespace {

// A place in a record's text becomes a place in the file. A record of an array may start anywhere
// in its first line, so that there the column is unknown.
Spot to_file_spot(Spot in_text, const RawRecord& raw, RecordFormat format) noexcept {
  if (in_text.line == 0) return {raw.line, 0};
  if (in_text.line == 1 && format == RecordFormat::kJsonArray) in_text.column = 0;
  return {raw.line + in_text.line - 1, in_text.column};
}

FieldType column_type(const RecordSchema& schema, std::string_view column) noexcept {
  for (const RecordSchema::Field& field : schema.fields) {
    if (field.name == column) return field.type;
  }
  return FieldType::kString;
}

// A row of a CSV file on its way to members.
class CsvRow {
 public:
  CsvRow(const RawRecord& raw, std::string_view file_name, const RecordSchema& schema)
      : raw_(raw), file_name_(file_name), schema_(schema), positions_(raw.text) {}

  Result<void> parse(const std::vector<std::string>& columns, Record& out);

 private:
  tl::unexpected<Error> fail_at(std::size_t offset, ErrorCode code, std::string message,
                                std::string hint) {
    const Spot spot = file_spot(offset);
    return fail(code, std::move(message), {std::string(file_name_), spot.line, spot.column, {}},
                std::move(hint));
  }

  Spot file_spot(std::size_t offset) {
    return to_file_spot(positions_.at(offset), raw_, RecordFormat::kCsv);
  }

  Result<void> add(const std::string& column, const CsvCell& cell);

  const RawRecord& raw_;
  std::string_view file_name_;
  const RecordSchema& schema_;
  Positions positions_;
  std::vector<RecordMember> members_;
  std::deque<std::string> texts_;  // keeps texts alive that differ from the file's
};

Result<void> CsvRow::add(const std::string& column, const CsvCell& cell) {
  const FieldType type = column_type(schema_, column);
  std::string_view text = cell.content;
  const Spot spot = file_spot(cell.offset);
  if (type == FieldType::kString) {
    if (cell.has_doubled_quotes) text = texts_.emplace_back(unquote_csv(text));
    members_.push_back({column, Node::Kind::kString, text, spot});
    return {};
  }
  if (text.empty()) return {};
  if (type == FieldType::kBoolean) {
    if (text != "true" && text != "false") {
      return fail_at(cell.offset, ErrorCode::kInvalid,
                     "field " + quoted(column) + " is " + quoted(text) + ", expected true or false",
                     "leave the cell empty if it has no value");
    }
    members_.push_back({column, Node::Kind::kBoolean, text, spot});
    return {};
  }
  auto number = canonical_number(text);
  if (!number) {
    return fail_at(cell.offset, ErrorCode::kInvalid,
                   "field " + quoted(column) + ": " + number.error().message, number.error().hint);
  }
  members_.push_back({column, Node::Kind::kNumber, texts_.emplace_back(*std::move(number)), spot});
  return {};
}

Result<void> CsvRow::parse(const std::vector<std::string>& columns, Record& out) {
  std::size_t cells = 0;
  for (std::size_t at = 0;;) {
    const auto cell = scan_csv_cell(raw_.text, at);
    if (!cell) {
      return fail_at(cell.error().offset, ErrorCode::kSyntax, cell.error().message,
                     cell.error().hint);
    }
    if (cells < columns.size()) {
      if (auto added = add(columns[cells], *cell); !added) {
        return tl::make_unexpected(added.error());
      }
    }
    ++cells;
    if (cell->end >= raw_.text.size() || raw_.text[cell->end] != ',') break;
    at = cell->end + 1;
  }
  if (cells != columns.size()) {
    return fail_at(0, ErrorCode::kInvalid,
                   "the row has " + std::to_string(cells) + " cells, expected " +
                       std::to_string(columns.size()) + " as in the header",
                   "a comma that is part of a cell needs quotes around the cell");
  }
  return make_record(members_, {file_name_, raw_.line}, schema_, out);
}

}  // namespace

Result<void> parse_exact_record(const RawRecord& raw, RecordFormat format,
                                std::string_view file_name, const RecordSchema& schema,
                                Record& out) {
  if (!raw.text.starts_with('{')) {
    const Spot spot = to_file_spot({1, 1}, raw, format);
    return fail(ErrorCode::kInvalid, "the record is not an object, expected '{'",
                {std::string(file_name), spot.line, spot.column, {}});
  }
  DocumentLimits limits;
  limits.document_bytes_max = raw.text.size();
  Result<Node> node = parse_document(raw.text, DocumentFormat::kJson, {file_name, 0}, limits);
  if (!node) {
    Location& where = node.error().where;
    const Spot spot = to_file_spot({where.line, where.column}, raw, format);
    where.line = spot.line;
    where.column = spot.column;
    return tl::make_unexpected(std::move(node.error()));
  }
  std::vector<RecordMember> members;
  members.reserve(node->children.size());
  std::deque<std::string> nested;  // keeps texts alive; does not move them
  for (const auto& [name, child] : node->children) {
    std::string_view text = child.scalar;
    if (child.kind == Node::Kind::kArray || child.kind == Node::Kind::kObject) {
      text = nested.emplace_back(to_json(child));
    }
    members.push_back({name, child.kind, text,
                       to_file_spot({child.origin.line, child.origin.column}, raw, format)});
  }
  return make_record(members, {file_name, raw.line}, schema, out);
}

Result<Record> parse_record(const RawRecord& raw, const RawRecords& file, RecordFormat format,
                            std::string_view file_name, const RecordSchema& schema) {
  Record out;
  return parse_record(raw, file, format, file_name, schema, out).map([&out] {
    return std::move(out);
  });
}

Result<void> parse_record(const RawRecord& raw, const RawRecords& file, RecordFormat format,
                          std::string_view file_name, const RecordSchema& schema, Record& out) {
  if (format == RecordFormat::kCsv) {
    return CsvRow(raw, file_name, schema).parse(file.columns, out);
  }
  if (parse_flat_record(raw, file_name, schema, out)) return {};
  return parse_exact_record(raw, format, file_name, schema, out);
}

}  // namespace lull::codec
