// What makes a revision durable before it is visible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lull/base/error.h"
#include "lull/base/revision.h"
#include "lull/publish/database.h"

namespace lull::publish {

/// Keeps the epoch and the last number in an SQLite file, `lull.db` in the data directory; without
/// a directory, in memory only. The first number of an epoch is 1. Epochs are drawn at random: a
/// data directory that is new, or none at all, proves nothing about what earlier starts published,
/// so its numbers must not compare with theirs.
/// Threads: one at a time.  Cost: record() is one transaction with one fsync.
class RevisionLog {
 public:
  /// An empty name: in memory only. Errors: of Database::open() and check_integrity().
  [[nodiscard]] static Result<std::unique_ptr<RevisionLog>> open(const std::string& data_dir);

  RevisionLog(const RevisionLog&) = delete;
  RevisionLog& operator=(const RevisionLog&) = delete;

  /// The last revision recorded; number 0 if there is none in this epoch.
  [[nodiscard]] const Revision& last() const noexcept { return last_; }

  /// Records the revision after last() and returns it. On error last() stays, and the same number
  /// may be recorded again: it was never visible.
  [[nodiscard]] Result<Revision> record();

 private:
  RevisionLog() = default;
  [[nodiscard]] Result<void> load();

  std::unique_ptr<Database> database_;  // null: in memory only
  Revision last_;
  Statement update_;  // after database_: finalised before it is closed
};

}  // namespace lull::publish
