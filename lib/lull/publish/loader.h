// From changed files to a candidate: parse, check, build. No threads and no I/O of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "lull/base/memory_account.h"
#include "lull/publish/collection_spec.h"
#include "lull/publish/progress.h"
#include "lull/publish/publisher.h"
#include "lull/source/source.h"

namespace lull::publish {

/// Turns a source's change sets into candidates for one collection, remembering of each accepted
/// file what it takes to reparse only what changed.
/// Threads: one at a time.
class Loader {
 public:
  Loader() = default;
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  virtual ~Loader() = default;

  /// Whether a file name is one that this loader reads.
  [[nodiscard]] virtual bool accepts(std::string_view file_name) const = 0;

  /// Every error of every file at once; on error nothing is remembered. `base` is the collection as
  /// last published. An empty optional: nothing to publish, the data is the same and, in a tree,
  /// its values stand in the same lines (which `?explain` tells). The change set's bytes are let go
  /// of as they are read, so that a large file is not held beside what is made of it.
  [[nodiscard]] virtual Checked<std::optional<Candidate>> load(
      source::ChangeSet change_set, const snapshot::Collection& base) = 0;

  /// What the last load(), which had no errors, made, as a candidate on a newer base: for one that
  /// was refused as stale. Costs next to nothing.
  [[nodiscard]] virtual std::optional<Candidate> again(const snapshot::Collection& base) = 0;

  /// The last load() was published (or had nothing to publish): remember its files. Once a load.
  virtual void commit() noexcept = 0;

  /// The last load() was refused: let go of what it built, which is on the account.
  virtual void discard() noexcept = 0;
};

/// `progress` is told of each load; it outlives the loader.
[[nodiscard]] std::unique_ptr<Loader> make_loader(const CollectionSpec& spec,
                                                  std::shared_ptr<MemoryAccount> account,
                                                  Progress& progress);

}  // namespace lull::publish
