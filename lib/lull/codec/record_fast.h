// The short way from an ordinary JSON record to a Record.
#pragma once

#include "lull/codec/records.h"

namespace lull::codec {

/// Parses a flat record without escapes, by simdjson, into `out`, whose strings keep their memory.
/// False when it is anything else, or wrong in any way: then parse_document() is asked, which alone
/// decides what is allowed and says why not. What is accepted here is accepted there too, with the
/// same outcome; a test compares the two.
/// Threads: any; each keeps a parser of at most 1 MB.  Cost: a third of the long way.
[[nodiscard]] bool parse_flat_record(const RawRecord& raw, std::string_view file_name,
                                     const RecordSchema& schema, Record& out);

}  // namespace lull::codec
