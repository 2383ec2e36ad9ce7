// A connection to an SQLite file of the data directory: its format, its errors in words.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "lull/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lull::publish {

class Database;

/// A prepared statement. Threads: its database's.  Lifetime: within its database's. Bound bytes
/// must live until step() has returned.
class Statement {
 public:
  Statement() = default;

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, std::string_view text);
  Statement& bind_blob(int place, std::string_view bytes);
  /// True if there is a row; false after the last one, and then it may be bound and run again. On
  /// error too.
  [[nodiscard]] Result<bool> step();
  /// Steps to the end, for a statement whose rows, if there are any left, nobody wants.
  [[nodiscard]] Result<void> run();
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

/// The only connection to its file, which it holds exclusively: another process is refused. It
/// writes and does the checkpoints. Threads: one at a time.
class Database {
 public:
  /// What a file is, and how one is made.
  struct Format {
    const char* file = "";            ///< In the data directory.
    std::int64_t application_id = 0;  ///< Tells our files from others'.
    std::int64_t version = 0;
    const char* layout = "";        ///< SQL that a file heeds only while it is empty.
    const char* settings = "";      ///< SQL at every start.
    std::string create;             ///< SQL of tables and what stands in them.
    const char* when_damaged = "";  ///< What to do.
  };

  /// Creates the directory (its parent must exist) and the file where they are missing. It never
  /// removes or repairs anything: an error says what to do instead.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::string& data_dir,
                                                              Format format);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Reads the whole file. Errors: kInvalid if it is damaged.
  [[nodiscard]] Result<void> check_integrity();

  /// `work` as one transaction: all of it is there afterwards, or on error nothing.
  [[nodiscard]] Result<void> transaction(const std::function<Result<void>()>& work);
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql);
  /// The first column of the first row, empty or 0 where there is none.
  [[nodiscard]] Result<std::string> text(const char* sql);
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  /// What the last error of the connection means, and what to do.
  [[nodiscard]] tl::unexpected<Error> error(int code) const;
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// Whether SQLite has met damage in the file since it was opened.
  [[nodiscard]] bool damaged() const noexcept { return damaged_; }

 private:
  struct Closer {
    void operator()(sqlite3* database) const noexcept;
  };

  explicit Database(Format format) : format_(std::move(format)) {}
  [[nodiscard]] Result<void> lock();
  [[nodiscard]] Result<void> check_format();
  [[nodiscard]] Result<void> create();
  [[nodiscard]] tl::unexpected<Error> damage(const std::string& reason) const;

  const Format format_;
  std::string file_;
  std::unique_ptr<sqlite3, Closer> database_;
  mutable bool damaged_ = false;
};

}  // namespace lull::publish
