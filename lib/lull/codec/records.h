// Text to records: NDJSON, JSON arrays and CSV.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/error.h"
#include "lull/base/hash.h"

namespace lull::codec {

enum class FieldType : std::uint8_t { kString, kInteger, kNumber, kBoolean };

/// The declared shape of a table's records.
struct RecordSchema {
  struct Field {
    std::string name;
    FieldType type = FieldType::kString;
  };
  std::string key;                      ///< The field that is the key; declared, of type string.
  std::vector<Field> fields;            ///< Checked in each record that has them.
  std::vector<std::string> indexes;     ///< Declared fields.
  std::optional<std::string> quantity;  ///< A declared integer field.
};

/// One parsed record. `index_values` as in the table: one for each of schema.indexes.
struct Record {
  std::string key;
  std::string json;  ///< Canonical, as to_json() writes it.
  std::vector<std::optional<std::string>> index_values;
  std::optional<std::int64_t> quantity;
};

enum class RecordFormat : std::uint8_t { kNdjson, kJsonArray, kCsv };

/// By extension: .ndjson .jsonl, .json, .csv; or nothing.
[[nodiscard]] std::optional<RecordFormat> record_format(std::string_view file_name) noexcept;

struct RecordLimits {
  std::size_t file_bytes_max = 1U << 30U;
  std::size_t record_bytes_max = 1U << 20U;
  std::size_t records_max = 10'000'000;  ///< In one file.
};

/// A record's text in a file, before it is parsed.
struct RawRecord {
  std::string_view text;   ///< Into the file's bytes.
  std::uint32_t line = 0;  ///< On which it starts, from 1.
  Hash128 hash;  ///< Of the text, and for CSV of the header line too: equal hash, equal record.
};

/// A file cut into records, cheaply: most of a large file is the same as last time, and only
/// records with an unknown hash need to be parsed.
struct RawRecords {
  std::vector<RawRecord> records;
  std::vector<std::string> columns;  ///< CSV: the header line.
};

/// Cuts a file. Errors: not UTF-8, NUL bytes, empty file, unbalanced quotes or brackets, a header
/// with an empty or repeated column or without the key, limits. Blank lines in NDJSON are skipped.
/// A file of only a CSV header, or of `[]`, has no records and is not an error.
[[nodiscard]] Result<RawRecords> split_records(std::string_view bytes, RecordFormat format,
                                               std::string_view file_name,
                                               const RecordSchema& schema,
                                               const RecordLimits& limits = {});

/// Parses one record: a JSON object, or a CSV row typed by the schema (columns that are not
/// declared are strings; an empty cell of a type other than string leaves the field out). Numbers
/// as in parse_document. Errors carry the line of the file.
[[nodiscard]] Result<Record> parse_record(const RawRecord& raw, const RawRecords& file,
                                          RecordFormat format, std::string_view file_name,
                                          const RecordSchema& schema);

/// The same into a record that may have been used before: its strings keep their memory, so that a
/// flat record of a size seen before allocates next to nothing. After an error it holds anything.
[[nodiscard]] Result<void> parse_record(const RawRecord& raw, const RawRecords& file,
                                        RecordFormat format, std::string_view file_name,
                                        const RecordSchema& schema, Record& out);

}  // namespace lull::codec
