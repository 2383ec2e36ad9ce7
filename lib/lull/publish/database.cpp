#include "lull/publish/database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "lull/publish/revision_log.h"

namespace lull::publish {
namespace {

constexpr std::int64_t kApplicationId = 0x4C756C6C;  // "Lull"
/// 1: the revision alone. 2: also the last-known-good of each collection, see LastGoodStore.
constexpr std::int64_t kFormat = 2;
constexpr mode_t kDirectoryMode = 0750;

/// What format 2 has beyond format 1. Parts are found by the hash of their bytes; those that a save
/// wants gone are named in `dropped`, because to mark them where they are would write them anew.
constexpr const char* kLastGoodTables =
    "CREATE TABLE good (collection TEXT PRIMARY KEY, generation INTEGER NOT NULL,"
    " declared BLOB NOT NULL, content_hash BLOB NOT NULL, published INTEGER NOT NULL,"
    " parts INTEGER NOT NULL) STRICT;"
    "CREATE TABLE part (id INTEGER PRIMARY KEY, collection TEXT NOT NULL, hash BLOB NOT NULL,"
    " since INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX part_hash ON part (collection, hash);"
    "CREATE TABLE dropped (part INTEGER PRIMARY KEY, collection TEXT NOT NULL,"
    " generation INTEGER NOT NULL) STRICT;";

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

void Database::Closer::operator()(sqlite3* database) const noexcept {
  sqlite3_close(database);
}
void Statement::Closer::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
  return *this;
}
Statement& Statement::bind(int place, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_blob(int place, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), place, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = database_->error(code);
  reset();
  return error;
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_.get());
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const void* const data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Database::~Database() = default;

Database::Turn Database::urgent() {
  ++urgent_;
  Turn turn(mutex_);
  if (--urgent_ == 0) calm_.notify_all();
  return turn;
}

Database::Turn Database::background() {
  Turn turn(mutex_);
  calm_.wait(turn, [this] { return urgent_ == 0; });
  return turn;
}

tl::unexpected<Error> Database::error(int code) const {
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
      return fail(ErrorCode::kUnavailable, "no space left in data_dir: " + reason, at(file_),
                  "free some space; reads go on, and the change is offered again");
    default:
      return fail(ErrorCode::kUnavailable, "cannot use data_dir: " + reason, at(file_),
                  "check the disk; reads go on");
  }
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr);
  Statement out;
  out.database_ = this;
  out.statement_.reset(raw);
  if (code != SQLITE_OK) return error(code);
  return out;
}

Result<std::string> Database::text(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::make_unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::make_unexpected(row.error());
  return *row ? std::string(statement->bytes(0)) : std::string{};
}

/// 0 where there is no row or no number: a value that every caller refuses or starts from.
Result<std::int64_t> Database::number(const char* sql) {
  return text(sql).map([](const std::string& value) {
    std::int64_t out = 0;
    std::from_chars(value.data(), value.data() + value.size(), out);
    return out;
  });
}

Result<std::shared_ptr<Database>> Database::open(const std::string& data_dir) {
  if (auto made = make_directory(data_dir); !made) return tl::make_unexpected(made.error());
  const std::shared_ptr<Database> out(new Database);
  out->file_ = data_dir + "/lull.db";
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(out->file_.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  out->database_.reset(raw);
  if (code != SQLITE_OK) return out->error(code);
  if (sqlite3_db_readonly(raw, "main") == 1) return out->error(SQLITE_READONLY);
  const auto opened = out->lock().and_then([&] { return out->check_format(); });
  if (!opened) return tl::make_unexpected(opened.error());
  return out;
}

/// Takes the file's lock for as long as the connection lives: in exclusive mode the first
/// transaction takes it and none gives it back. WAL in this mode needs no shared memory file.
Result<void> Database::lock() {
  return execute("PRAGMA mmap_size=0; PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;");
}

/// Looks before it writes: a file that is not ours, or newer than us, stays as it is.
Result<void> Database::check_format() {
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
  if (*format < 1 || *format > kFormat) {
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
  auto ready = execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  if (!ready || *format == kFormat) return ready;
  const std::string upgrade = std::string("BEGIN IMMEDIATE;") + kLastGoodTables +
                              "PRAGMA user_version=" + std::to_string(kFormat) + "; COMMIT;";
  return execute(upgrade.c_str());
}

Result<void> Database::create() {
  const std::string sql =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE;"
      "CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1),"
      " epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),"
      " number INTEGER NOT NULL CHECK (number >= 0)) STRICT;"
      "INSERT INTO revision VALUES (1, " +
      std::to_string(random_epoch()) + ", 0);" + kLastGoodTables +
      "PRAGMA application_id=" + std::to_string(kApplicationId) +
      "; PRAGMA user_version=" + std::to_string(kFormat) + "; COMMIT;";
  return execute(sql.c_str());
}

}  // namespace lull::publish
