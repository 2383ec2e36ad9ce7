// Effective documents: between published documents and documents under construction.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/codec/node.h"
#include "lull/snapshot/tree.h"

namespace lull::publish {

/// A document under construction as a published one. `files[i]` names origin file i.
[[nodiscard]] std::shared_ptr<const snapshot::Document> to_document(
    std::string name, const codec::Node& node, std::span<const std::string> files,
    std::shared_ptr<MemoryAccount> account);

/// The way back, so that layers need to be kept only once. Its files are appended to `files`, and
/// origins count from there; columns are not kept.
[[nodiscard]] codec::Node to_node(const snapshot::Document& document,
                                  std::vector<std::string>& files);

/// The documents merged, lowest first: `{}` if there are none; one alone is shared, not copied.
[[nodiscard]] std::shared_ptr<const snapshot::Document> merge_documents(
    std::string name, std::span<const snapshot::Tree::DocumentPtr> lowest_first,
    std::shared_ptr<MemoryAccount> account);

/// Merges an app's layers on demand: the same result as what was built at publication. Null if the
/// app is unknown. The result owns its bytes; the tree needs to live only for the call.
/// Cost: O(size of the layers), allocates.
[[nodiscard]] std::shared_ptr<const snapshot::Document> merge_effective(
    const snapshot::Tree& tree, std::string_view app, std::span<const std::string_view> profiles,
    std::shared_ptr<MemoryAccount> account = nullptr);

}  // namespace lull::publish
