// Effective documents: between published documents and documents under construction.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "lull/codec/node.h"
#include "lull/snapshot/tree.h"

namespace lull::publish {

/// A document under construction as a published one. `files[i]` names origin file i.
[[nodiscard]] std::shared_ptr<const snapshot::Document> to_document(
    std::string name, const codec::Node& node, std::span<const std::string> files,
    std::shared_ptr<MemoryAccount> account);

/// Merges an app's layers on demand: the same result as what was built at publication. Null if the
/// app is unknown. The result owns its bytes; the tree needs to live only for the call.
/// Cost: O(size of the layers), allocates.
[[nodiscard]] std::shared_ptr<const snapshot::Document> merge_effective(
    const snapshot::Tree& tree, std::string_view app, std::span<const std::string_view> profiles,
    std::shared_ptr<MemoryAccount> account = nullptr);

}  // namespace lull::publish
