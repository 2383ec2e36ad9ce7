// What makes a revision durable before it is visible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lull/base/error.h"
#include "lull/base/revision.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lull::publish {

/// Keeps the epoch and the last number in an SQLite file, `lull.db` in the data directory; without
/// a directory, in memory only. The first number of an epoch is 1. Epochs are drawn at random: a
/// data directory that is new, or none at all, proves nothing about what earlier starts published,
/// so its numbers must not compare with theirs. Threads: one at a time.  Lifetime: holds the file
/// exclusively; another process is refused. Cost: record() is one transaction with one fsync.
class RevisionLog {
 public:
  /// Creates the directory (its parent must exist) and the file where they are missing. Checks the
  /// whole file. Never removes or repairs anything: an error says what to do instead.
  [[nodiscard]] static Result<std::unique_ptr<RevisionLog>> open(const std::string& data_dir);

  ~RevisionLog();
  RevisionLog(const RevisionLog&) = delete;
  RevisionLog& operator=(const RevisionLog&) = delete;

  /// The last revision recorded; number 0 if there is none in this epoch.
  [[nodiscard]] const Revision& last() const noexcept { return last_; }

  /// Records the revision after last() and returns it. On error last() stays, and the same number
  /// may be recorded again: it was never visible.
  [[nodiscard]] Result<Revision> record();

 private:
  struct Closer {
    void operator()(sqlite3* database) const noexcept;
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  template <class T>
  using Handle = std::unique_ptr<T, Closer>;

  RevisionLog() = default;
  [[nodiscard]] Result<void> lock();
  [[nodiscard]] Result<void> check_format();
  [[nodiscard]] Result<void> create();
  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  [[nodiscard]] Result<std::string> text(const char* sql);
  [[nodiscard]] tl::unexpected<Error> database_error(int code) const;

  std::string file_;  // empty: in memory only
  Revision last_;
  Handle<sqlite3> database_;
  Handle<sqlite3_stmt> update_;  // after database_: finalised before it is closed
};

}  // namespace lull::publish
