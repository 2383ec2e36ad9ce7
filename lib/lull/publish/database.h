// The one connection to `lull.db`: its format, its integrity, and whose turn it is.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "lull/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lull::publish {

class Database;

/// A prepared statement. Threads: only with a turn of its database.  Lifetime: within its
/// database's. Bound bytes must live until step() has returned.
class Statement {
 public:
  Statement() = default;

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, std::string_view text);
  Statement& bind_blob(int place, std::string_view bytes);
  /// True if there is a row; false after the last one, and then it may be bound and run again. On
  /// error too.
  [[nodiscard]] Result<bool> step();
  /// Ends a query before its last row.
  void reset() noexcept;

  /// Of the current row; views until the next step.
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  friend class Database;
  struct Closer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  const Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Closer> statement_;
};

/// Holds the file exclusively; another process is refused. All that is written goes this way, and
/// so do checkpoints: a second connection could neither see nor disturb it.
/// Threads: urgent() and background() from any, the rest with the turn that they give.
class Database {
 public:
  /// Creates the directory (its parent must exist) and the file where they are missing. Checks the
  /// whole file. An older format becomes this one, in one transaction. Else it never removes or
  /// repairs anything: an error says what to do instead.
  [[nodiscard]] static Result<std::shared_ptr<Database>> open(const std::string& data_dir);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  using Turn = std::unique_lock<std::mutex>;
  /// A turn for what a publication waits for: it comes before every turn in the background.
  [[nodiscard]] Turn urgent();
  /// A turn for what can wait. Keep it short: an urgent one waits for it.
  [[nodiscard]] Turn background();

  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql);
  /// The first column of the first row, empty or 0 where there is none.
  [[nodiscard]] Result<std::string> text(const char* sql);
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  /// What the last error of the connection means, and what to do.
  [[nodiscard]] tl::unexpected<Error> error(int code) const;
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

 private:
  struct Closer {
    void operator()(sqlite3* database) const noexcept;
  };

  Database() = default;
  [[nodiscard]] Result<void> lock();
  [[nodiscard]] Result<void> check_format();
  [[nodiscard]] Result<void> create();

  std::string file_;
  std::unique_ptr<sqlite3, Closer> database_;
  std::mutex mutex_;
  std::condition_variable calm_;  // with mutex_: no urgent turn is waited for any more
  std::atomic<int> urgent_{0};    // threads that wait for an urgent turn
};

}  // namespace lull::publish
