// The long way from any JSON record to a Record, which knows the place of every mistake.
#pragma once

#include <string_view>

#include "lull/base/error.h"
#include "lull/codec/records.h"

namespace lull::codec {

/// Parses a record by way of a tree. What parse_record() says of JSON is what this says: the short
/// way (record_fast.h) only saves time, and tests hold the two against each other.
/// Threads: any.  Cost: an allocation for each member and more.
[[nodiscard]] Result<void> parse_exact_record(const RawRecord& raw, RecordFormat format,
                                              std::string_view file_name,
                                              const RecordSchema& schema, Record& out);

}  // namespace lull::codec
