// What a collection is declared to be.
#pragma once

#include <string>
#include <vector>

#include "lull/codec/parse.h"
#include "lull/codec/records.h"
#include "lull/snapshot/snapshot.h"

namespace lull::publish {

/// One collection's declaration. Plain data; whoever reads it from a file checks it.
struct CollectionSpec {
  std::string name;
  snapshot::CollectionKind kind = snapshot::CollectionKind::kTree;
  std::string directory;  ///< The watched directory of its source.

  // Trees.
  std::vector<std::string> profiles;
  /// Combinations of two or more profiles whose effective documents are built at publication.
  std::vector<std::vector<std::string>> profile_combinations;
  codec::DocumentLimits document_limits;
  std::size_t effective_documents_max = 100'000;  ///< Apps times combinations of profiles.
  std::size_t effective_bytes_max = 1U << 30U;    ///< Of memory: what one change merges.

  // Tables.
  codec::RecordSchema records;
  codec::RecordLimits record_limits;
};

}  // namespace lull::publish
