#include "records.h"

#include <array>
#include <string>
#include <vector>

#include "lull/base/key.h"
#include "lull/codec/number.h"
#include "lull/codec/parse.h"
#include "lull/codec/record_exact.h"
#include "require.h"

namespace lull::fuzz {
namespace {

using codec::FieldType;
using codec::Node;
using codec::RawRecord;
using codec::RawRecords;
using codec::Record;
using codec::RecordFormat;
using codec::RecordSchema;

const RecordSchema& schema() {
  static const RecordSchema kSchema{.key = "sku",
                                    .fields = {{"sku", FieldType::kString},
                                               {"w", FieldType::kString},
                                               {"stock", FieldType::kInteger},
                                               {"price", FieldType::kNumber},
                                               {"on", FieldType::kBoolean}},
                                    .indexes = {"w", "on"},
                                    .quantity = "stock"};
  return kSchema;
}

bool equal(const Record& a, const Record& b) {
  return a.key == b.key && a.json == b.json && a.index_values == b.index_values &&
         a.quantity == b.quantity;
}

Node parse_json(std::string_view json) {
  codec::DocumentLimits limits;
  limits.depth_max = codec::kDepthCeiling;
  auto node = codec::parse_document(json, codec::DocumentFormat::kJson, {kFile, 0}, limits);
  require(node.has_value(), "what was accepted is JSON");
  return *std::move(node);
}

/// A row's cells, told apart by another way than the codec's: a character at a time.
std::vector<std::string> cells_of(std::string_view row) {
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool is_doubled = in_quotes && row.substr(i, 2) == "\"\"";
    if (is_doubled) {
      cells.back() += row[i++];
    } else if (row[i] == '"') {
      in_quotes = !in_quotes;
    } else if (row[i] == ',' && !in_quotes) {
      cells.emplace_back();
    } else {
      cells.back() += row[i];
    }
  }
  return cells;
}

FieldType type_of(std::string_view column) {
  const auto& fields = schema().fields;
  const auto at = std::ranges::find(fields, column, &RecordSchema::Field::name);
  return at == fields.end() ? FieldType::kString : at->type;
}

/// One text, how it was split, and what its records became.
class RecordsCheck {
 public:
  RecordsCheck(std::string_view bytes, RecordFormat format)
      : bytes_(bytes), text_(without_mark(bytes)), format_(format) {}

  void run() {
    auto file = codec::split_records(bytes_, format_, kFile, schema());
    check_limits(file ? &*file : nullptr);
    if (!file) {
      require_error(file.error(), bytes_);
      return;
    }
    file_ = *std::move(file);
    check_split();
    for (const RawRecord& raw : file_.records) check_record(raw);
    if (format_ == RecordFormat::kJsonArray) check_array();
  }

 private:
  void check_limits(const RawRecords* whole) const;
  void check_split();
  void check_gap(std::size_t begin, std::size_t end, bool is_first);
  void check_record(const RawRecord& raw);
  void check_content(const RawRecord& raw, const Record& record) const;
  void check_cells(const RawRecord& raw, const Node& object) const;
  void check_alone(const RawRecord& raw, const Result<Record>& record) const;
  void check_array() const;

  std::string_view bytes_;
  std::string_view text_;
  RecordFormat format_;
  RawRecords file_;
  std::string_view header_;          // of CSV
  Record reused_;                    // as a loader does, for all records of a file
  std::vector<std::string> parsed_;  // the JSON of those that were accepted
};

void RecordsCheck::check_limits(const RawRecords* whole) const {
  codec::RecordLimits limits;
  limits.file_bytes_max = 1024;
  limits.record_bytes_max = 64;
  limits.records_max = 3;
  const auto limited = codec::split_records(bytes_, format_, kFile, schema(), limits);
  if (limited) {
    require(whole != nullptr, "limits make no file right");
    require(bytes_.size() <= 1024 && whole->records.size() <= 3, "a file keeps to its limits");
    require(std::ranges::equal(limited->records, whole->records, {}, &RawRecord::hash,
                               &RawRecord::hash),
            "a limit changes no split");
    return;
  }
  require_error(limited.error(), bytes_);
  require(whole == nullptr || limited.error().code == ErrorCode::kLimit, "a limit says that it is");
}

/// Nothing but what separates records stands between them, and each knows its line.
void RecordsCheck::check_split() {
  std::size_t at = 0;
  for (const RawRecord& raw : file_.records) {
    require(!raw.text.empty(), "a record has text");
    const auto begin = static_cast<std::size_t>(raw.text.data() - text_.data());
    require(raw.text.data() >= text_.data() + at && begin + raw.text.size() <= text_.size(),
            "records stand in the text, one behind the other");
    check_gap(at, begin, &raw == file_.records.data());
    require(raw.line == line_of(text_, begin), "a record knows the line on which it begins");
    if (format_ != RecordFormat::kCsv) {
      require(raw.hash == hash128(raw.text), "a record's hash is that of its text");
    }
    at = begin + raw.text.size();
  }
  check_gap(at, text_.size(), file_.records.empty());
}

void RecordsCheck::check_gap(std::size_t begin, std::size_t end, bool is_first) {
  constexpr std::array<std::string_view, 3> kSeparators{" \t\r\n", " \t\r\n,[]", "\r\n"};
  std::string_view gap = text_.substr(begin, end - begin);
  if (format_ == RecordFormat::kCsv && is_first) {
    // The header may have line ends in quotes, so it is what is left when those behind it are gone.
    header_ = gap.substr(0, gap.find_last_not_of("\r\n") + 1);
    require(cells_of(header_) == file_.columns, "the columns are what the header says");
    return;
  }
  require(gap.find_first_not_of(kSeparators[static_cast<std::size_t>(format_)]) == gap.npos,
          "no text is lost between records");
}

void RecordsCheck::check_record(const RawRecord& raw) {
  const auto record = codec::parse_record(raw, file_, format_, kFile, schema());
  const auto again = codec::parse_record(raw, file_, format_, kFile, schema(), reused_);
  require(record.has_value() == again.has_value(), "memory of before changes nothing");
  if (format_ != RecordFormat::kCsv) {
    Record exact;
    const auto way = codec::parse_exact_record(raw, format_, kFile, schema(), exact);
    require(record.has_value() == way.has_value(), "both ways accept the same records");
    require(record ? equal(*record, exact) : record.error().text() == way.error().text(),
            "both ways say the same");
  }
  check_alone(raw, record);
  if (!record) {
    require_error(record.error(), bytes_);
    require(record.error().where.line >= raw.line, "a record's error is not before the record");
    return;
  }
  require(equal(*record, reused_), "memory of before changes nothing");
  check_content(raw, *record);
  parsed_.push_back(record->json);
}

void RecordsCheck::check_content(const RawRecord& raw, const Record& record) const {
  require(key_fault(record.key).empty() && record.key.size() <= kKeyBytesMax, "a key is allowed");
  const Node object = parse_json(record.json);
  require(to_json(object) == record.json, "a record's JSON is canonical");
  const Node* const key = object.member(schema().key);
  require(key != nullptr && key->kind == Node::Kind::kString && key->scalar == record.key,
          "the key is the key field's text");
  require(record.index_values.size() == schema().indexes.size(), "each index has its value");
  for (std::size_t i = 0; i < schema().indexes.size(); ++i) {
    const Node* const member = object.member(schema().indexes[i]);
    require(record.index_values[i].has_value() == (member != nullptr) &&
                (member == nullptr || member->scalar == *record.index_values[i]),
            "an index value is its field's text");
  }
  const Node* const stock = object.member(*schema().quantity);
  require(record.quantity.has_value() == (stock != nullptr) &&
              (stock == nullptr || stock->scalar == std::to_string(*record.quantity)),
          "the quantity is its field's number");
  if (format_ == RecordFormat::kCsv) {
    check_cells(raw, object);
  } else {
    require(to_json(parse_json(raw.text)) == record.json, "a record is what its text says");
  }
}

void RecordsCheck::check_cells(const RawRecord& raw, const Node& object) const {
  const std::vector<std::string> cells = cells_of(raw.text);
  require(cells.size() == file_.columns.size(), "a row has a cell for each column");
  std::size_t expected = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const FieldType type = type_of(file_.columns[i]);
    if (type != FieldType::kString && cells[i].empty()) continue;
    ++expected;
    const Node* const member = object.member(file_.columns[i]);
    require(member != nullptr, "a cell becomes a member");
    const bool is_number = type == FieldType::kInteger || type == FieldType::kNumber;
    require(member->scalar == (is_number ? codec::canonical_number(cells[i]).value() : cells[i]),
            "a member is what its cell says");
  }
  require(object.children.size() == expected, "a record has nothing but its cells");
}

/// Equal hashes are taken for equal records, so a record must not depend on what is around it.
void RecordsCheck::check_alone(const RawRecord& raw, const Result<Record>& record) const {
  std::string text(raw.text);
  if (format_ == RecordFormat::kJsonArray) text = '[' + text + ']';
  if (format_ == RecordFormat::kCsv) text = std::string(header_) + '\n' + text;
  text = std::string(kMark) + text;  // or one of the record's own would be taken for the file's
  const auto file = codec::split_records(text, format_, kFile, schema());
  require(file.has_value() && file->records.size() == 1, "a record alone is a file of one record");
  require(file->records[0].hash == raw.hash, "a record's hash depends on itself alone");
  const auto alone = codec::parse_record(file->records[0], *file, format_, kFile, schema());
  require(alone.has_value() == record.has_value() && (!alone || equal(*alone, *record)),
          "a record alone is the same record");
}

/// The file as one document has the same records.
void RecordsCheck::check_array() const {
  if (parsed_.size() != file_.records.size()) return;
  const Node whole = parse_json("{\"r\":" + std::string(text_) + "}");
  const Node& array = whole.children[0].value;
  require(std::ranges::equal(array.children, parsed_, {},
                             [](const codec::Member& member) { return to_json(member.value); }),
          "the array has these records and no others");
}

}  // namespace

void check_records(std::string_view text, RecordFormat format) {
  RecordsCheck(text, format).run();
}

}  // namespace lull::fuzz
