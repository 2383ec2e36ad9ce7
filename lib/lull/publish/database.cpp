#include "lull/publish/database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace lull::publish {
namespace {

constexpr mode_t kDirectoryMode = 0750;

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

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return {};
  }
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

tl::unexpected<Error> Database::damage(const std::string& reason) const {
  damaged_ = true;
  return fail(ErrorCode::kInvalid, "the database is damaged: " + reason, at(file_),
              format_.when_damaged);
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
      return damage(reason);
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

/// Rolled back unless it has been committed, whatever is thrown on the way.
Result<void> Database::transaction(const std::function<Result<void>()>& work) {
  struct Rollback {
    sqlite3* database;
    ~Rollback() {
      if (sqlite3_get_autocommit(database) == 0) {
        sqlite3_exec(database, "ROLLBACK", nullptr, nullptr, nullptr);
      }
    }
  };
  if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  const Rollback rollback{database_.get()};
  if (auto done = work(); !done) return done;
  return execute("COMMIT");
}

Result<std::unique_ptr<Database>> Database::open(const std::string& data_dir, Format format) {
  if (auto made = make_directory(data_dir); !made) return tl::make_unexpected(made.error());
  std::unique_ptr<Database> out(new Database(std::move(format)));
  out->file_ = data_dir + '/' + out->format_.file;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(out->file_.c_str(), &raw,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  out->database_.reset(raw);
  if (code != SQLITE_OK) return out->error(code);
  if (sqlite3_db_readonly(raw, "main") == 1) return out->error(SQLITE_READONLY);
  auto opened = out->lock();
  if (opened) opened = out->check_format();
  if (!opened) return tl::make_unexpected(opened.error());
  return out;
}

/// Takes the file's lock for as long as the connection lives: in exclusive mode the first
/// transaction takes it and none gives it back. WAL in this mode needs no shared memory file, if
/// nothing has looked at the file before.
Result<void> Database::lock() {
  const std::string sql = std::string("PRAGMA mmap_size=0; PRAGMA locking_mode=EXCLUSIVE;") +
                          format_.layout + "BEGIN IMMEDIATE; COMMIT;";
  return execute(sql.c_str());
}

/// Looks before it writes: a file that is not ours, or newer than us, stays as it is.
Result<void> Database::check_format() {
  const auto application = number("PRAGMA application_id");
  if (!application) return tl::make_unexpected(application.error());
  const auto version = number("PRAGMA user_version");
  if (!version) return tl::make_unexpected(version.error());
  const auto objects = number("SELECT count(*) FROM sqlite_schema");
  if (!objects) return tl::make_unexpected(objects.error());

  if (*application == 0 && *version == 0 && *objects == 0) return create();
  if (*application != format_.application_id) {
    return fail(ErrorCode::kInvalid, "this SQLite file was not written by Lull", at(file_),
                "give Lull a data_dir of its own");
  }
  if (*version != format_.version) {
    return fail(ErrorCode::kInvalid,
                "the database has format " + std::to_string(*version) +
                    ", this version of Lull knows " + std::to_string(format_.version),
                at(file_), "start the version that wrote it, or a newer one");
  }
  return execute(format_.settings);
}

Result<void> Database::check_integrity() {
  const auto check = text("PRAGMA integrity_check(1)");
  if (!check) return tl::make_unexpected(check.error());
  if (*check != "ok") return damage(*check);
  return {};
}

Result<void> Database::create() {
  const std::string sql = std::string(format_.settings) + "BEGIN IMMEDIATE;" + format_.create +
                          "PRAGMA application_id=" + std::to_string(format_.application_id) +
                          "; PRAGMA user_version=" + std::to_string(format_.version) + "; COMMIT;";
  return execute(sql.c_str());
}

}  // namespace lull::publish
