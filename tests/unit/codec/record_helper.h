// A schema, and all records of a text as one string.
#pragma once

#include <string>

#include "codec_helper.h"
#include "lull/codec/records.h"

namespace lull::codec {

inline RecordSchema schema() {
  RecordSchema out;
  out.key = "sku";
  out.fields = {{"sku", FieldType::kString},
                {"warehouse", FieldType::kString},
                {"stock", FieldType::kInteger},
                {"price", FieldType::kNumber},
                {"active", FieldType::kBoolean}};
  out.indexes = {"warehouse", "active"};
  out.quantity = "stock";
  return out;
}

/// A line for each record: key, JSON, index values and quantity; or the first error.
inline std::string records(std::string_view text, RecordFormat format,
                           const RecordLimits& limits = {}) {
  const RecordSchema shape = schema();
  const auto file = split_records(text, format, "f", shape, limits);
  if (!file) return file.error().text();
  std::string out;
  for (const RawRecord& raw : file->records) {
    const auto record = parse_record(raw, *file, format, "f", shape);
    if (!record) return record.error().text();
    out += record->key + " " + record->json;
    for (const auto& value : record->index_values) out += " " + value.value_or("-");
    out += " " + (record->quantity ? std::to_string(*record->quantity) : "-") + "\n";
  }
  return out;
}

}  // namespace lull::codec
