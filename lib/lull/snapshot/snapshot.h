// One immutable state of everything that is served.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lull/base/clock.h"
#include "lull/base/hash.h"
#include "lull/base/revision.h"
#include "lull/rcu/pin.h"
#include "lull/snapshot/table.h"
#include "lull/snapshot/tree.h"

namespace lull::snapshot {

enum class CollectionKind : std::uint8_t { kTree, kTable };

/// A declared collection within a snapshot. Until its source was read it holds neither a tree nor a
/// table: reads of it answer `not_loaded`, never `not_found`.
struct Collection {
  std::string name;
  CollectionKind kind = CollectionKind::kTree;
  std::variant<std::monostate, std::shared_ptr<const Tree>, std::shared_ptr<const Table>> data;
  Revision changed_at;  ///< The revision at which its data last changed; number 0 until loaded.

  /// Its data is the last-known-good, as a start found it.
  bool restored = false;

  [[nodiscard]] bool loaded() const noexcept { return data.index() != 0; }
  /// The tree or table, or null if this collection is not loaded or of the other kind.
  [[nodiscard]] const Tree* tree() const noexcept;
  [[nodiscard]] const Table* table() const noexcept;
  [[nodiscard]] Sha256 content_hash() const;  ///< All zero until loaded.
};

/// A revision, a time, a content hash and the collections. Never modified once published.
/// Threads: any, without synchronisation.
/// Lifetime: a read section or a rcu::Pin<Snapshot>.
/// Cost: find() is a search among a handful of names, allocates nothing.
class Snapshot final : public rcu::Pinnable {
 public:
  Snapshot(rcu::Reclaimer& reclaimer, Revision revision, Clock::Wall time,
           std::vector<Collection> collections);
  ~Snapshot() override;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] const Revision& revision() const noexcept { return revision_; }
  /// revision().text(), made once.
  [[nodiscard]] std::string_view revision_text() const noexcept { return revision_text_; }
  [[nodiscard]] Clock::Wall time() const noexcept { return time_; }
  /// SHA-256 over the collections' names and content hashes: the identity of the data, the same on
  /// every node that holds the same data.
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }

  /// Null if no collection of that name is declared.
  [[nodiscard]] const Collection* find(std::string_view name) const noexcept;
  /// In name order.
  [[nodiscard]] const std::vector<Collection>& collections() const noexcept { return collections_; }

  /// Snapshots that exist in this process now: current, retained, pinned or waiting to be freed.
  [[nodiscard]] static std::size_t alive() noexcept;

 private:
  Revision revision_;
  std::string revision_text_;
  Clock::Wall time_;
  std::vector<Collection> collections_;
  Sha256 content_hash_;
};

}  // namespace lull::snapshot
