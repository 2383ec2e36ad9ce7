// A shard as bytes that stand on a disk: no addresses, long values inlined.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/error.h"
#include "lull/snapshot/shard.h"

namespace lull::snapshot {

/// The records of a stored shard, in the order of hashes: views into the bytes that were read.
struct StoredShard {
  std::size_t indexes = 0;  ///< Index values that each record's attributes have.
  std::vector<StoredRecord> records;
};

/// Appends the shard: a head, the number of indexes and of records, then each record as its three
/// sizes, key, attributes and JSON. Equal content has equal bytes.
void append_stored_shard(std::string& out, const Shard& shard, std::size_t indexes);

/// Reads what append_stored_shard() wrote. The bytes are not trusted: every size is held against
/// what is left before it is used, and what is read is in the form that a table needs (keys that
/// are allowed, in order, attributes that are whole, no more than a shard takes). JSON is not
/// parsed. Errors: kInvalid with what is wrong and where.
/// Threads: any.  Lifetime: that of `bytes`.  Cost: one pass and a hash a key; one allocation.
[[nodiscard]] Result<StoredShard> read_stored_shard(std::string_view bytes);

}  // namespace lull::snapshot
