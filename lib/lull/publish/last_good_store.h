// The last-known-good of each collection, as rows of `last-good.db`: a file of its own, so that
// neither its damage nor its size is in the way of a revision.
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

/// What a save changes. `bytes(i)` gives the i-th part to add; it is called once, outside of
/// transactions.
struct GoodChanges {
  std::size_t added = 0;
  std::function<std::string(std::size_t)> bytes;
  std::vector<Sha256> removed;
};

/// Threads: one at a time.
/// Cost: save() is O(what changes), in transactions of at most kBatchBytes and one part more. The
/// file is up to a third larger than what was once kept.
class LastGoodStore {
 public:
  static constexpr std::size_t kBatchBytes = 256U << 10U;
  static constexpr std::size_t kBatchParts = 256;
  /// So much of the disk is left to others, above all to revisions.
  static constexpr std::uint64_t kFreeBytesMin = 16U << 20U;
  using GoOn = std::function<bool()>;

  /// Errors: as of Database::open(); the file's tables are not what they should be.
  [[nodiscard]] static Result<std::unique_ptr<LastGoodStore>> open(const std::string& data_dir);
  /// Puts the file aside as `last-good.db.refused`, in the place of an older one.
  [[nodiscard]] static Result<void> put_aside(const std::string& data_dir);

  /// What a save ends with that was told not to go on.
  [[nodiscard]] static tl::unexpected<Error> interrupted();

  /// For a look at the file.
  [[nodiscard]] Database& database() noexcept { return *database_; }

  /// Removes what a save left that did not come to its end. Before the first save, and after one
  /// that failed.
  [[nodiscard]] Result<void> clean(std::string_view collection, const GoOn& go_on);

  /// Nothing if none was saved.
  [[nodiscard]] Result<std::optional<GoodHead>> head(std::string_view collection);

  /// Every part, in no order, each held against its hash, their number against the head's, whatever
  /// an unfinished save has left.
  /// Errors: kInvalid if something is damaged; kUnavailable if the file cannot be read.
  [[nodiscard]] Result<std::vector<std::string>> parts(std::string_view collection);

  /// The hashes of all parts, after clean().
  [[nodiscard]] Result<std::set<Sha256>> hashes(std::string_view collection);

  /// Makes `head` with these changes the last-known-good. `go_on` is asked after each batch; false
  /// ends the save as an error would. Then the one before stays, and clean() is due.
  [[nodiscard]] Result<void> save(std::string_view collection, const GoodHead& head,
                                  const GoodChanges& changes, const GoOn& go_on);

  [[nodiscard]] Result<void> forget(std::string_view collection);
  /// Forgets all but these.
  [[nodiscard]] Result<void> keep_only(const std::set<std::string, std::less<>>& collections);

 private:
  LastGoodStore() = default;
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<std::int64_t> generation(std::string_view collection);
  [[nodiscard]] Result<void> add(std::string_view collection, std::int64_t generation,
                                 const GoodChanges& changes, const GoOn& go_on);
  [[nodiscard]] Result<void> drop(std::string_view collection, std::int64_t generation,
                                  const std::vector<Sha256>& removed, const GoOn& go_on);
  [[nodiscard]] Result<void> finish(std::string_view collection, std::int64_t generation,
                                    const GoodHead& head);
  [[nodiscard]] Result<void> remove_dropped(std::string_view collection, const GoOn& go_on);
  /// As of Database; `bytes` are about to be written.
  [[nodiscard]] Result<void> transaction(std::size_t bytes,
                                         const std::function<Result<void>()>& work);
  [[nodiscard]] Result<void> require_space(std::size_t bytes) const;
  [[nodiscard]] Result<void> shrink(const GoOn& go_on);

  std::unique_ptr<Database> database_;
  Statement head_;
  Statement parts_;
  Statement hashes_;
  Statement add_;
  Statement drop_;
  Statement finish_;
  Statement unfinished_;
  Statement undropped_;
  Statement remove_part_;
  Statement remove_parts_;
  Statement remove_marks_;
};

}  // namespace lull::publish
