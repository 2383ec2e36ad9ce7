// Between a collection's data and the parts that its last-known-good is kept as.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "lull/base/hash.h"
#include "lull/publish/collection_spec.h"
#include "lull/publish/publisher.h"

namespace lull::publish {

/// A part in memory. Lifetime: that of the data it is of.
using GoodPart = std::variant<const snapshot::Shard*, const snapshot::Document*>;
using CollectionData = decltype(Candidate::data);

struct GoodDiff {
  std::vector<GoodPart> added;
  std::vector<GoodPart> removed;
};

/// Of all in a declaration that parts depend on. Data that was kept under another is not read back:
/// its index values would be those of other fields.
[[nodiscard]] Sha256 declaration_hash(const CollectionSpec& spec);

[[nodiscard]] std::vector<GoodPart> all_parts(const CollectionData& data);

/// Cost: of a table, what differs; of a tree, a look at each layer.
[[nodiscard]] GoodDiff diff_parts(const CollectionData& older, const CollectionData& newer);

[[nodiscard]] std::string stored_part(const GoodPart& part, const CollectionSpec& spec);

[[nodiscard]] Sha256 content_hash(const CollectionData& data);

/// The data of these parts, which are not trusted.
/// Errors: kInvalid if a part is not what stored_part() gives; kLimit as the loaders.
[[nodiscard]] Result<CollectionData> restore(const CollectionSpec& spec,
                                             std::span<const std::string> parts,
                                             const std::shared_ptr<MemoryAccount>& account);

}  // namespace lull::publish
