#include "lull/publish/last_good_store.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

namespace lull::publish {
namespace {

constexpr const char* kFile = "last-good.db";
/// What one removed row writes, as a guess for require_space().
constexpr std::size_t kRemovalBytes = 256;
/// Beyond these a number was not written by save().
constexpr std::int64_t kGenerationMax = std::int64_t{1} << 60U;
constexpr std::int64_t kSecondsMax = 253'402'300'799;  // the year 9999
/// Free pages are given back, so many at a time, when they are more than a quarter of the file.
constexpr std::int64_t kFreePagesShare = 4;
constexpr const char* kGiveBackPages = "PRAGMA incremental_vacuum(64)";

/// Parts are found by the hash of their bytes; those that a save wants gone are named in `dropped`,
/// because to mark them where they are would write them anew. Deleted rows need not be overwritten,
/// and the log is cut back after a checkpoint.
Database::Format format() {
  return {.file = kFile,
          .application_id = 0x4C756C47,  // "LulG"
          .version = 1,
          .layout = "PRAGMA auto_vacuum=INCREMENTAL;",
          .settings =
              "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
              "PRAGMA secure_delete=OFF; PRAGMA journal_size_limit=8388608;",
          .create =
              "CREATE TABLE good (collection TEXT PRIMARY KEY, generation INTEGER NOT NULL,"
              " declared BLOB NOT NULL, content_hash BLOB NOT NULL,"
              " published INTEGER NOT NULL, parts INTEGER NOT NULL) STRICT;"
              "CREATE TABLE part (id INTEGER PRIMARY KEY, collection TEXT NOT NULL,"
              " hash BLOB NOT NULL, since INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
              "CREATE UNIQUE INDEX part_hash ON part (collection, hash);"
              "CREATE TABLE dropped (part INTEGER PRIMARY KEY, collection TEXT NOT NULL,"
              " generation INTEGER NOT NULL) STRICT;",
          .when_damaged = "the sources are read, and what they give is kept in a new file"};
}

std::string_view view(const Sha256& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

std::optional<Sha256> hash_of(std::string_view bytes) {
  Sha256 out;
  if (bytes.size() != out.bytes.size()) return std::nullopt;
  std::ranges::transform(bytes, out.bytes.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  return out;
}

tl::unexpected<Error> damaged(std::string_view collection, const std::string& what) {
  return fail(ErrorCode::kInvalid,
              "the last-known-good of '" + std::string(collection) + "' is damaged: " + what);
}

}  // namespace

tl::unexpected<Error> LastGoodStore::interrupted() {
  return fail(ErrorCode::kUnavailable, "the save was interrupted");
}

Result<std::unique_ptr<LastGoodStore>> LastGoodStore::open(const std::string& data_dir) {
  std::unique_ptr<LastGoodStore> out(new LastGoodStore);
  auto database = Database::open(data_dir, format());
  if (!database) return tl::make_unexpected(std::move(database.error()));
  out->database_ = *std::move(database);
  if (const auto ready = out->prepare(); !ready) return tl::make_unexpected(ready.error());
  return out;
}

Result<void> LastGoodStore::put_aside(const std::string& data_dir) {
  for (const char* const suffix : {"", "-wal"}) {
    const std::string file = data_dir + '/' + kFile + suffix;
    std::error_code error;
    std::filesystem::rename(file, data_dir + '/' + kFile + ".refused" + suffix, error);
    if (error && error != std::errc::no_such_file_or_directory) {
      return fail(ErrorCode::kUnavailable, "cannot be put aside: " + error.message(),
                  {file, 0, 0, {}});
    }
  }
  return {};
}

Result<void> LastGoodStore::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&head_,
       "SELECT generation, declared, content_hash, published, parts FROM good"
       " WHERE collection = ?1"},
      {&parts_,
       "SELECT hash, bytes FROM part WHERE collection = ?1 AND since <= ?2 AND id NOT IN"
       " (SELECT part FROM dropped WHERE collection = ?1 AND generation <= ?2)"},
      {&hashes_, "SELECT hash FROM part WHERE collection = ?1"},
      {&add_, "INSERT INTO part (collection, hash, since, bytes) VALUES (?1, ?2, ?3, ?4)"},
      {&drop_,
       "INSERT INTO dropped SELECT id, ?1, ?3 FROM part WHERE collection = ?1 AND hash = ?2"
       " RETURNING part"},
      {&finish_, "INSERT OR REPLACE INTO good VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
      // The last rows of a collection are those of an unfinished save, if there are any.
      {&unfinished_, "SELECT id, since FROM part WHERE collection = ?1 ORDER BY id DESC LIMIT ?2"},
      {&remove_part_, "DELETE FROM part WHERE id = ?1"},
      {&undropped_, "DELETE FROM dropped WHERE collection = ?1 AND generation > ?2"},
      {&remove_parts_,
       "DELETE FROM part WHERE id IN (SELECT part FROM dropped WHERE collection = ?1"
       " ORDER BY part LIMIT ?2)"},
      {&remove_marks_,
       "DELETE FROM dropped WHERE part IN (SELECT part FROM dropped WHERE collection = ?1"
       " ORDER BY part LIMIT ?2) RETURNING part"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = database_->prepare(sql);
    if (!prepared) return tl::make_unexpected(std::move(prepared.error()));
    *statement = *std::move(prepared);
  }
  return {};
}

Result<void> LastGoodStore::require_space(std::size_t bytes) const {
  struct statvfs disk {};
  if (statvfs(database_->file().c_str(), &disk) != 0) return {};  // SQLite will find out
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free >= kFreeBytesMin + 2 * bytes) return {};
  return fail(ErrorCode::kUnavailable,
              "the disk has " + std::to_string(free >> 20U) + " MiB left, of which " +
                  std::to_string(kFreeBytesMin >> 20U) + " are for revisions",
              {database_->file(), 0, 0, {}},
              "free some space; what is served is not kept meanwhile");
}

Result<void> LastGoodStore::transaction(std::size_t bytes,
                                        const std::function<Result<void>()>& work) {
  if (auto space = require_space(bytes); !space) return space;
  return database_->transaction(work);
}

/// 0 if nothing was saved.
Result<std::int64_t> LastGoodStore::generation(std::string_view collection) {
  const auto row = head_.bind(1, collection).step();
  if (!row) return tl::make_unexpected(row.error());
  const std::int64_t out = *row ? head_.number(0) : 0;
  head_.reset();
  if (out < 0 || out > kGenerationMax) return damaged(collection, "its generation is out of range");
  return out;
}

Result<void> LastGoodStore::clean(std::string_view collection, const GoOn& go_on) {
  const auto good = generation(collection);
  if (!good) return tl::make_unexpected(good.error());
  auto done = transaction(0, [&] { return undropped_.bind(1, collection).bind(2, *good).run(); });
  for (bool more = true; done && more;) {
    if (!go_on()) return interrupted();
    done = transaction(kBatchParts * kRemovalBytes, [&]() -> Result<void> {
      std::vector<std::int64_t> ids;
      auto row =
          unfinished_.bind(1, collection).bind(2, static_cast<std::int64_t>(kBatchParts)).step();
      for (; row && *row && unfinished_.number(1) > *good; row = unfinished_.step()) {
        ids.push_back(unfinished_.number(0));
      }
      unfinished_.reset();
      if (!row) return tl::make_unexpected(row.error());
      more = ids.size() == kBatchParts;
      for (const std::int64_t id : ids) {
        if (auto gone = remove_part_.bind(1, id).run(); !gone) return gone;
      }
      return {};
    });
  }
  return done ? remove_dropped(collection, go_on) : done;
}

Result<std::optional<GoodHead>> LastGoodStore::head(std::string_view collection) {
  const auto row = head_.bind(1, collection).step();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return std::optional<GoodHead>{};
  const auto declared = hash_of(head_.bytes(1));
  const auto content_hash = hash_of(head_.bytes(2));
  GoodHead out;
  const std::int64_t seconds = head_.number(3);
  const std::int64_t parts = head_.number(4);
  head_.reset();
  if (seconds < 0 || seconds > kSecondsMax || parts < 0) {
    return damaged(collection, "its head has numbers out of range");
  }
  out.published = Clock::Wall(std::chrono::seconds(seconds));
  out.parts = static_cast<std::uint64_t>(parts);
  if (!declared || !content_hash) return damaged(collection, "its head has no hashes");
  out.declared = *declared;
  out.content_hash = *content_hash;
  return std::optional(out);
}

Result<std::vector<std::string>> LastGoodStore::parts(std::string_view collection) {
  const auto wanted = head(collection);
  if (!wanted) return tl::make_unexpected(wanted.error());
  const auto good = generation(collection);
  if (!good) return tl::make_unexpected(good.error());
  const std::uint64_t count = *wanted ? (*wanted)->parts : 0;
  std::vector<std::string> out;
  for (auto row = parts_.bind(1, collection).bind(2, *good).step();; row = parts_.step()) {
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) break;
    const std::string_view bytes = parts_.bytes(1);
    const bool whole = hash_of(parts_.bytes(0)) == sha256(bytes);
    if (whole) out.emplace_back(bytes);
    if (whole && out.size() <= count) continue;
    parts_.reset();
    return damaged(collection, whole ? "it has more than its " + std::to_string(count) + " parts"
                                     : "a part does not have its hash");
  }
  if (out.size() != count) {
    return damaged(collection,
                   "of " + std::to_string(count) + " parts it has " + std::to_string(out.size()));
  }
  return out;
}

Result<std::set<Sha256>> LastGoodStore::hashes(std::string_view collection) {
  std::set<Sha256> out;
  for (auto row = hashes_.bind(1, collection).step();; row = hashes_.step()) {
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return out;
    if (const auto hash = hash_of(hashes_.bytes(0))) out.insert(*hash);
  }
}

Result<void> LastGoodStore::save(std::string_view collection, const GoodHead& head,
                                 const GoodChanges& changes, const GoOn& go_on) {
  const auto before = generation(collection);
  if (!before) return tl::make_unexpected(before.error());
  const std::int64_t next = *before + 1;
  auto done = add(collection, next, changes, go_on);
  if (done) done = drop(collection, next, changes.removed, go_on);
  if (done) done = finish(collection, next, head);
  if (done) done = remove_dropped(collection, go_on);
  return done ? shrink(go_on) : done;
}

/// What takes time (to encode, to hash) is done outside of the transaction.
Result<void> LastGoodStore::add(std::string_view collection, std::int64_t generation,
                                const GoodChanges& changes, const GoOn& go_on) {
  for (std::size_t i = 0; i < changes.added;) {
    std::vector<std::pair<Sha256, std::string>> batch;
    std::size_t bytes = 0;
    for (; i < changes.added && bytes < kBatchBytes && batch.size() < kBatchParts; ++i) {
      std::string part = changes.bytes(i);
      bytes += part.size();
      const Sha256 hash = sha256(part);
      batch.emplace_back(hash, std::move(part));
    }
    auto added = transaction(bytes, [&]() -> Result<void> {
      for (const auto& [hash, part] : batch) {
        auto done = add_.bind(1, collection)
                        .bind_blob(2, view(hash))
                        .bind(3, generation)
                        .bind_blob(4, part)
                        .run();
        if (!done) return done;
      }
      return {};
    });
    if (!added) return added;
    if (!go_on()) return interrupted();
  }
  return {};
}

Result<void> LastGoodStore::drop(std::string_view collection, std::int64_t generation,
                                 const std::vector<Sha256>& removed, const GoOn& go_on) {
  for (std::size_t i = 0; i < removed.size();) {
    const std::size_t end = std::min(removed.size(), i + kBatchParts);
    auto dropped = transaction(kBatchParts * kRemovalBytes, [&]() -> Result<void> {
      for (; i < end; ++i) {
        const auto row =
            drop_.bind(1, collection).bind_blob(2, view(removed[i])).bind(3, generation).step();
        if (!row) return tl::make_unexpected(row.error());
        if (!*row) return damaged(collection, "a part that was there is gone");
        if (auto ended = drop_.run(); !ended) return ended;
      }
      return {};
    });
    if (!dropped) return dropped;
    if (!go_on()) return interrupted();
  }
  return {};
}

/// The one write that makes the next generation the good one.
Result<void> LastGoodStore::finish(std::string_view collection, std::int64_t generation,
                                   const GoodHead& head) {
  return transaction(0, [&] {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(head.published.time_since_epoch());
    return finish_.bind(1, collection)
        .bind(2, generation)
        .bind_blob(3, view(head.declared))
        .bind_blob(4, view(head.content_hash))
        .bind(5, static_cast<std::int64_t>(seconds.count()))
        .bind(6, static_cast<std::int64_t>(head.parts))
        .run();
  });
}

/// Marks and parts of one batch go together: a crash leaves both or neither.
Result<void> LastGoodStore::remove_dropped(std::string_view collection, const GoOn& go_on) {
  Result<void> done;
  for (bool more = true; done && more;) {
    if (!go_on()) return interrupted();
    done = transaction(kBatchParts * kRemovalBytes, [&]() -> Result<void> {
      const auto limit = static_cast<std::int64_t>(kBatchParts);
      auto gone = remove_parts_.bind(1, collection).bind(2, limit).run();
      if (!gone) return gone;
      const auto mark = remove_marks_.bind(1, collection).bind(2, limit).step();
      if (!mark) return tl::make_unexpected(mark.error());
      more = *mark;
      return more ? remove_marks_.run() : Result<void>();
    });
  }
  return done;
}

/// What is left undone is done after a later save.
Result<void> LastGoodStore::shrink(const GoOn& go_on) {
  for (std::int64_t before = std::numeric_limits<std::int64_t>::max();;) {
    const auto free = database_->number("PRAGMA freelist_count");
    if (!free) return tl::make_unexpected(free.error());
    const auto all = database_->number("PRAGMA page_count");
    if (!all) return tl::make_unexpected(all.error());
    if (*free <= *all / kFreePagesShare || *free >= before || !go_on()) return {};
    before = *free;
    if (auto done = database_->execute(kGiveBackPages); !done) return done;
  }
}

Result<void> LastGoodStore::keep_only(const std::set<std::string, std::less<>>& collections) {
  std::vector<std::string> others;
  auto names = database_->prepare(
      "SELECT collection FROM good UNION SELECT collection FROM part"
      " UNION SELECT collection FROM dropped");
  if (!names) return tl::make_unexpected(std::move(names.error()));
  for (auto row = names->step();; row = names->step()) {
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) break;
    if (!collections.contains(names->bytes(0))) others.emplace_back(names->bytes(0));
  }
  for (const std::string& name : others) {
    if (auto gone = forget(name); !gone) return gone;
  }
  return {};
}

/// In one transaction: little is written to remove rows, and nobody waits for it.
Result<void> LastGoodStore::forget(std::string_view collection) {
  return transaction(0, [&]() -> Result<void> {
    for (const char* const sql :
         {"DELETE FROM good WHERE collection = ?1", "DELETE FROM part WHERE collection = ?1",
          "DELETE FROM dropped WHERE collection = ?1"}) {
      auto statement = database_->prepare(sql);
      if (!statement) return tl::make_unexpected(std::move(statement.error()));
      if (auto gone = statement->bind(1, collection).run(); !gone) return gone;
    }
    return {};
  });
}

}  // namespace lull::publish
