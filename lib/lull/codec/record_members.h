// From a record's members to a Record: the checks that all record formats share.
#pragma once

#include <string_view>
#include <vector>

#include "lull/codec/node.h"
#include "lull/codec/positions.h"
#include "lull/codec/records.h"

namespace lull::codec {

/// One member of a record, on its way. Lifetime of the views: whoever made them.
struct RecordMember {
  std::string_view name;
  Node::Kind kind = Node::Kind::kNull;
  /// String: its characters. Number, boolean, array, object: canonical JSON. Null: anything.
  std::string_view text;
  Spot spot;  ///< In the file.
};

/// Where a record is, for messages.
struct RecordPlace {
  std::string_view file_name;
  std::uint32_t line = 0;
};

/// Checks the members against the schema and writes the record into `out`, whose strings keep their
/// memory. Sorts `members` by name. Errors: kInvalid, kDuplicate; they carry the key where it is
/// known.
[[nodiscard]] Result<void> make_record(std::vector<RecordMember>& members, RecordPlace place,
                                       const RecordSchema& schema, Record& out);

}  // namespace lull::codec
