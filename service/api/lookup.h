// Where a key leads in a snapshot.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "api/problem.h"
#include "api/target.h"
#include "lull/snapshot/snapshot.h"

namespace lull::api {

enum class Outcome : std::uint8_t {
  kFound,
  kNotLoaded,
  kNoEntry,     ///< No such document or record.
  kNoLayer,     ///< The document has no such layer.
  kNoPath,      ///< The document has no such path.
  kNeedsMerge,  ///< The app exists; its documents have to be merged for these profiles.
};

/// Views into the snapshot, or into the document that was searched.
struct Found {
  Outcome outcome = Outcome::kNoEntry;
  std::string_view json;                         ///< kFound: the value.
  const snapshot::Document* document = nullptr;  ///< kFound in a tree: where...
  snapshot::Document::Node node = 0;             ///< ...and at which node.

  [[nodiscard]] static Found none(Outcome why) noexcept {
    Found out;
    out.outcome = why;
    return out;
  }
};

/// Cost: that of Document::find; allocates nothing.
[[nodiscard]] Found look_up(const snapshot::Document& document, std::string_view pointer) noexcept;

/// `key` passed entry_key_fault(). In a tree it is looked up in the effective document for
/// `profiles`. Null stands for a collection that is not loaded.
/// Cost: allocates nothing.
[[nodiscard]] Found look_up(const snapshot::Collection* collection, std::string_view key,
                            std::span<const std::string_view> profiles = {}) noexcept;

/// After kNeedsMerge: the effective document, merged now. Not inside a read section.
/// `bytes_left` is what the request may still merge; what this takes is subtracted.
/// Errors: response_too_large if the layers together exceed it.
[[nodiscard]] Parsed<std::shared_ptr<const snapshot::Document>> merge_on_demand(
    const snapshot::Tree& tree, std::string_view app, std::span<const std::string_view> profiles,
    std::size_t& bytes_left);

}  // namespace lull::api
