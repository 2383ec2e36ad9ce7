// The last-known-good of each collection, as rows of `lull.db`.
//
// A collection's data is a set of parts: a shard of a table, a document of a tree. Parts are rows
// under the hash of their bytes. A row of `good` names the generation that is whole. A save adds
// the parts of the next generation beside those of this one, a small batch a transaction, and makes
// it the whole one by writing that single row: a crash at any moment leaves one that is complete.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/clock.h"
#include "lull/base/hash.h"
#include "lull/publish/database.h"

namespace lull::publish {

/// What is kept of a collection beside its parts.
struct GoodHead {
  Sha256 declared;  ///< Of what parts depend on in the collection's declaration.
  Sha256 content_hash;
  Clock::Wall published;
  std::uint64_t parts = 0;
};

/// What a save changes. `bytes(i)` gives the i-th part to add; it is called once, without a turn.
struct GoodChanges {
  std::size_t added = 0;
  std::function<std::string(std::size_t)> bytes;
  std::vector<Sha256> removed;
};

/// Threads: one at a time; it takes turns with what else uses the database.
/// Cost: save() is O(what changes), in transactions of at most kBatchBytes and one part more.
class LastGoodStore {
 public:
  static constexpr std::size_t kBatchBytes = 256U << 10U;
  static constexpr std::size_t kBatchParts = 256;

  /// Errors: the file's tables are not what they should be.
  [[nodiscard]] static Result<std::unique_ptr<LastGoodStore>> open(
      std::shared_ptr<Database> database);

  /// Removes what a save left that did not come to its end. Before anything else, and after a save
  /// that failed.
  [[nodiscard]] Result<void> clean(std::string_view collection);

  /// Nothing if none was saved.
  [[nodiscard]] Result<std::optional<GoodHead>> head(std::string_view collection);

  /// Every part, in no order, each held against its hash, their number against the head's.
  /// Errors: kInvalid if something is damaged; kUnavailable if the file cannot be read.
  [[nodiscard]] Result<std::vector<std::string>> parts(std::string_view collection);

  /// The hashes of all parts.
  [[nodiscard]] Result<std::set<Sha256>> hashes(std::string_view collection);

  /// Makes `head` with these changes the last-known-good. `go_on` is asked after each batch; false
  /// ends the save as an error would. Then the one before stays, and clean() is due.
  [[nodiscard]] Result<void> save(std::string_view collection, const GoodHead& head,
                                  const GoodChanges& changes, const std::function<bool()>& go_on);

  [[nodiscard]] Result<void> forget(std::string_view collection);
  /// Forgets all but these.
  [[nodiscard]] Result<void> keep_only(const std::set<std::string, std::less<>>& collections);

 private:
  LastGoodStore() = default;
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<std::int64_t> generation(std::string_view collection);
  [[nodiscard]] Result<void> add(std::string_view collection, std::int64_t generation,
                                 const GoodChanges& changes, const std::function<bool()>& go_on);
  [[nodiscard]] Result<void> drop(std::string_view collection, std::int64_t generation,
                                  const std::vector<Sha256>& removed,
                                  const std::function<bool()>& go_on);
  [[nodiscard]] Result<void> finish(std::string_view collection, std::int64_t generation,
                                    const GoodHead& head);
  [[nodiscard]] Result<void> remove_dropped(std::string_view collection);
  /// Runs `work` as one transaction in a turn of its own, then looks after the log's length.
  [[nodiscard]] Result<void> transaction(const std::function<Result<void>()>& work);
  [[nodiscard]] Result<void> checkpoint();

  std::shared_ptr<Database> database_;
  std::size_t bytes_since_checkpoint_ = 0;
  Statement head_;
  Statement parts_;
  Statement hashes_;
  Statement add_;
  Statement drop_;
  Statement finish_;
  Statement unfinished_;
  Statement undropped_;
  Statement remove_parts_;
  Statement remove_marks_;
};

}  // namespace lull::publish
