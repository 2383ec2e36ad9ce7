#include "lull/publish/revision_log.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <random>
#include <system_error>

namespace lull::publish {
namespace {

constexpr std::int64_t kApplicationId = 0x4C756C6C;  // "Lull"
constexpr std::int64_t kFormat = 1;
constexpr mode_t kDirectoryMode = 0750;

std::uint32_t random_epoch() {
  std::random_device random;
  std::uint32_t epoch = 0;
  while (epoch == 0) epoch = random();
  return epoch;
}

Location at(const std::string& file) {
  return {.file = file, .line = 0, .column = 0, .pointer = {}};
}

Result<void> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), kDirectoryMode) == 0) return {};
  const int error = errno;
  if (error == EEXIST) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return {};
    return fail(ErrorCode::kInvalid, "data_dir is not a directory", at(path),
                "name a directory, or nothing to keep no revisions");
  }
  return fail(ErrorCode::kUnavailable,
              "cannot create data_dir: " + std::system_category().message(error), at(path),
              "create it, or make its parent directory exist and be writable");
}

}  // namespace

void RevisionLog::Closer::operator()(sqlite3* database) const noexcept {
  sqlite3_close(database);
}
void RevisionLog::Closer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

RevisionLog::~RevisionLog() = default;

tl::unexpected<Error> RevisionLog::database_error(int code) const {
  const std::string reason = database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(code);
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(ErrorCode::kUnavailable, "data_dir is held by another process", at(file_),
                  "stop the other process, or give this one a data_dir of its own");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(ErrorCode::kInvalid, "the database is damaged: " + reason, at(file_),
                  "move it away: the next start then begins a new epoch");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return fail(ErrorCode::kUnavailable, "data_dir cannot be written: " + reason, at(file_),
                  "give this user write permission for the directory and the files in it");
    case SQLITE_FULL:
      return fail(ErrorCode::kUnavailable, "no space left to record a revision: " + reason,
                  at(file_), "free some space; reads go on, and the change is offered again");
    default:
      return fail(ErrorCode::kUnavailable, "cannot record revisions: " + reason, at(file_),
                  "check the disk; reads go on");
  }
}

Result<void> RevisionLog::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return database_error(code);
  return {};
}

Result<std::string> RevisionLog::text(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
  const Handle<sqlite3_stmt> statement(raw);
  if (code != SQLITE_OK) return database_error(code);
  code = sqlite3_step(raw);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return database_error(code);
  const unsigned char* const value = code == SQLITE_ROW ? sqlite3_column_text(raw, 0) : nullptr;
  return value == nullptr ? std::string{} : std::string(reinterpret_cast<const char*>(value));
}

/// 0 where there is no row or no number: a value that every caller refuses or starts from.
Result<std::int64_t> RevisionLog::number(const char* sql) {
  return text(sql).map([](const std::string& value) {
    std::int64_t out = 0;
    std::from_chars(value.data(), value.data() + value.size(), out);
    return out;
  });
}

Result<std::unique_ptr<RevisionLog>> RevisionLog::open(const std::string& data_dir) {
  std::unique_ptr<RevisionLog> log(new RevisionLog);
  if (data_dir.empty()) {
    log->last_.epoch = random_epoch();
    return log;
  }
  if (auto made = make_directory(data_dir); !made) return tl::make_unexpected(made.error());
  log->file_ = data_dir + "/lull.db";
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(log->file_.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  log->database_.reset(raw);
  if (code != SQLITE_OK) return log->database_error(code);
  if (sqlite3_db_readonly(raw, "main") == 1) return log->database_error(SQLITE_READONLY);
  const auto opened = log->lock().and_then([&] { return log->check_format(); }).and_then([&] {
    return log->load();
  });
  if (!opened) return tl::make_unexpected(opened.error());
  return log;
}

/// Takes the file's lock for as long as the connection lives: in exclusive mode the first
/// transaction takes it and none gives it back. WAL in this mode needs no shared memory file.
Result<void> RevisionLog::lock() {
  return execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;");
}

/// Looks before it writes: a file that is not ours, or newer than us, stays as it is.
Result<void> RevisionLog::check_format() {
  const auto application = number("PRAGMA application_id");
  if (!application) return tl::make_unexpected(application.error());
  const auto format = number("PRAGMA user_version");
  if (!format) return tl::make_unexpected(format.error());
  const auto objects = number("SELECT count(*) FROM sqlite_schema");
  if (!objects) return tl::make_unexpected(objects.error());

  if (*application == 0 && *format == 0 && *objects == 0) return create();
  if (*application != kApplicationId) {
    return fail(ErrorCode::kInvalid, "this SQLite file was not written by Lull", at(file_),
                "give Lull a data_dir of its own");
  }
  if (*format != kFormat) {
    return fail(ErrorCode::kInvalid,
                "the database has format " + std::to_string(*format) +
                    ", this version of Lull knows " + std::to_string(kFormat),
                at(file_), "start the version that wrote it, or a newer one");
  }
  const auto check = text("PRAGMA integrity_check(1)");
  if (!check) return tl::make_unexpected(check.error());
  if (*check != "ok") {
    return fail(ErrorCode::kInvalid, "the database is damaged: " + *check, at(file_),
                "move it away: the next start then begins a new epoch");
  }
  return execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
}

Result<void> RevisionLog::create() {
  const std::string sql =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE;"
      "CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1),"
      " epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),"
      " number INTEGER NOT NULL CHECK (number >= 0)) STRICT;"
      "INSERT INTO revision VALUES (1, " +
      std::to_string(random_epoch()) +
      ", 0);"
      "PRAGMA application_id=" +
      std::to_string(kApplicationId) + "; PRAGMA user_version=" + std::to_string(kFormat) +
      "; COMMIT;";
  return execute(sql.c_str());
}

Result<void> RevisionLog::load() {
  const auto epoch = number("SELECT epoch FROM revision");
  if (!epoch) return tl::make_unexpected(epoch.error());
  const auto last = number("SELECT number FROM revision");
  if (!last) return tl::make_unexpected(last.error());
  if (*epoch == 0) {
    return fail(ErrorCode::kInvalid, "the database is damaged: it has no epoch", at(file_),
                "move it away: the next start then begins a new epoch");
  }
  last_ = {static_cast<std::uint32_t>(*epoch), static_cast<std::uint64_t>(*last)};
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v2(database_.get(), "UPDATE revision SET number = ?1", -1, &raw, nullptr);
  update_.reset(raw);
  if (code != SQLITE_OK) return database_error(code);
  return {};
}

Result<Revision> RevisionLog::record() {
  const Revision next{last_.epoch, last_.number + 1};
  if (database_) {
    sqlite3_bind_int64(update_.get(), 1, static_cast<std::int64_t>(next.number));
    const int code = sqlite3_step(update_.get());
    if (code != SQLITE_DONE) {
      auto error = database_error(code);
      sqlite3_reset(update_.get());
      return error;
    }
    sqlite3_reset(update_.get());
  }
  last_ = next;
  return next;
}

}  // namespace lull::publish
