#include "lull/publish/last_good_store.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lull::publish {
namespace {

/// The log is written back to the file when it has grown by so much: a publication, which may find
/// the log longer than SQLite's own limit of 4 MB, never has to.
constexpr std::size_t kCheckpointBytes = 2U << 20U;

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

tl::unexpected<Error> interrupted() {
  return fail(ErrorCode::kUnavailable, "the save was interrupted");
}

}  // namespace

Result<std::unique_ptr<LastGoodStore>> LastGoodStore::open(std::shared_ptr<Database> database) {
  std::unique_ptr<LastGoodStore> out(new LastGoodStore);
  out->database_ = std::move(database);
  const Database::Turn turn = out->database_->background();
  if (const auto ready = out->prepare(); !ready) return tl::make_unexpected(ready.error());
  return out;
}

Result<void> LastGoodStore::prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&head_,
       "SELECT generation, declared, content_hash, published, parts FROM good"
       " WHERE collection = ?1"},
      {&parts_, "SELECT hash, bytes FROM part WHERE collection = ?1"},
      {&hashes_, "SELECT hash FROM part WHERE collection = ?1"},
      {&add_, "INSERT INTO part (collection, hash, since, bytes) VALUES (?1, ?2, ?3, ?4)"},
      {&drop_,
       "INSERT INTO dropped SELECT id, ?1, ?3 FROM part WHERE collection = ?1 AND hash = ?2"
       " RETURNING part"},
      {&finish_, "INSERT OR REPLACE INTO good VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
      {&unfinished_,
       "DELETE FROM part WHERE id IN (SELECT id FROM part WHERE collection = ?1 AND since > ?2"
       " LIMIT ?3) RETURNING id"},
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

Result<void> LastGoodStore::transaction(const std::function<Result<void>()>& work) {
  {
    const Database::Turn turn = database_->background();
    auto done = database_->execute("BEGIN IMMEDIATE").and_then(work).and_then([this] {
      return database_->execute("COMMIT");
    });
    if (!done) {
      (void)database_->execute("ROLLBACK");  // where SQLite has not done so itself
      return done;
    }
  }
  return bytes_since_checkpoint_ < kCheckpointBytes ? Result<void>() : checkpoint();
}

Result<void> LastGoodStore::checkpoint() {
  bytes_since_checkpoint_ = 0;
  const Database::Turn turn = database_->background();
  return database_->execute("PRAGMA wal_checkpoint(PASSIVE)");
}

/// With a turn. 0 if nothing was saved.
Result<std::int64_t> LastGoodStore::generation(std::string_view collection) {
  const auto row = head_.bind(1, collection).step();
  if (!row) return tl::make_unexpected(row.error());
  const std::int64_t out = *row ? head_.number(0) : 0;
  head_.reset();
  return out;
}

Result<void> LastGoodStore::clean(std::string_view collection) {
  std::int64_t good = 0;
  auto done = transaction([&]() -> Result<void> {
    const auto found = generation(collection);
    if (!found) return tl::make_unexpected(found.error());
    good = *found;
    return undropped_.bind(1, collection).bind(2, good).step().map([](bool) {});
  });
  for (bool more = true; done && more;) {
    done = transaction([&]() -> Result<void> {
      auto row = unfinished_.bind(1, collection)
                     .bind(2, good)
                     .bind(3, static_cast<std::int64_t>(kBatchParts))
                     .step();
      more = row && *row;
      while (row && *row) row = unfinished_.step();
      return row.map([](bool) {});
    });
  }
  return done.and_then([&] { return remove_dropped(collection); });
}

Result<std::optional<GoodHead>> LastGoodStore::head(std::string_view collection) {
  const Database::Turn turn = database_->background();
  const auto row = head_.bind(1, collection).step();
  if (!row) return tl::make_unexpected(row.error());
  if (!*row) return std::optional<GoodHead>{};
  const auto declared = hash_of(head_.bytes(1));
  const auto content_hash = hash_of(head_.bytes(2));
  GoodHead out;
  out.published = Clock::Wall(std::chrono::seconds(head_.number(3)));
  out.parts = static_cast<std::uint64_t>(head_.number(4));
  head_.reset();
  if (!declared || !content_hash) return damaged(collection, "its head has no hashes");
  out.declared = *declared;
  out.content_hash = *content_hash;
  return std::optional(out);
}

Result<std::vector<std::string>> LastGoodStore::parts(std::string_view collection) {
  const auto wanted = head(collection);
  if (!wanted) return tl::make_unexpected(wanted.error());
  const std::uint64_t count = *wanted ? (*wanted)->parts : 0;
  std::vector<std::string> out;
  const Database::Turn turn = database_->background();
  for (auto row = parts_.bind(1, collection).step();; row = parts_.step()) {
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) break;
    const std::string_view bytes = parts_.bytes(1);
    const bool good = hash_of(parts_.bytes(0)) == sha256(bytes);
    if (good) out.emplace_back(bytes);
    if (good && out.size() <= count) continue;
    parts_.reset();
    return damaged(collection, good ? "it has more than its " + std::to_string(count) + " parts"
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
  const Database::Turn turn = database_->background();
  for (auto row = hashes_.bind(1, collection).step();; row = hashes_.step()) {
    if (!row) return tl::make_unexpected(row.error());
    if (!*row) return out;
    if (const auto hash = hash_of(hashes_.bytes(0))) out.insert(*hash);
  }
}

Result<void> LastGoodStore::save(std::string_view collection, const GoodHead& head,
                                 const GoodChanges& changes, const std::function<bool()>& go_on) {
  std::int64_t next = 0;
  {
    const Database::Turn turn = database_->background();
    const auto found = generation(collection);
    if (!found) return tl::make_unexpected(found.error());
    next = *found + 1;
  }
  return add(collection, next, changes, go_on)
      .and_then([&] { return drop(collection, next, changes.removed, go_on); })
      .and_then([&] { return finish(collection, next, head); })
      .and_then([&] { return remove_dropped(collection); })
      .and_then([&] { return checkpoint(); });
}

/// What takes time (to encode, to hash) is done before the turn.
Result<void> LastGoodStore::add(std::string_view collection, std::int64_t generation,
                                const GoodChanges& changes, const std::function<bool()>& go_on) {
  for (std::size_t i = 0; i < changes.added;) {
    std::vector<std::pair<Sha256, std::string>> batch;
    std::size_t bytes = 0;
    for (; i < changes.added && bytes < kBatchBytes && batch.size() < kBatchParts; ++i) {
      std::string part = changes.bytes(i);
      bytes += part.size();
      const Sha256 hash = sha256(part);
      batch.emplace_back(hash, std::move(part));
    }
    bytes_since_checkpoint_ += bytes;
    auto added = transaction([&]() -> Result<void> {
      for (const auto& [hash, part] : batch) {
        const auto done = add_.bind(1, collection)
                              .bind_blob(2, view(hash))
                              .bind(3, generation)
                              .bind_blob(4, part)
                              .step();
        if (!done) return tl::make_unexpected(done.error());
      }
      return {};
    });
    if (!added) return added;
    if (!go_on()) return interrupted();
  }
  return {};
}

Result<void> LastGoodStore::drop(std::string_view collection, std::int64_t generation,
                                 const std::vector<Sha256>& removed,
                                 const std::function<bool()>& go_on) {
  for (std::size_t i = 0; i < removed.size();) {
    const std::size_t end = std::min(removed.size(), i + kBatchParts);
    auto dropped = transaction([&]() -> Result<void> {
      for (; i < end; ++i) {
        const auto row =
            drop_.bind(1, collection).bind_blob(2, view(removed[i])).bind(3, generation).step();
        if (!row) return tl::make_unexpected(row.error());
        if (!*row) return damaged(collection, "a part that was there is gone");
        if (const auto end_of = drop_.step(); !end_of) return tl::make_unexpected(end_of.error());
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
  return transaction([&] {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(head.published.time_since_epoch());
    return finish_.bind(1, collection)
        .bind(2, generation)
        .bind_blob(3, view(head.declared))
        .bind_blob(4, view(head.content_hash))
        .bind(5, static_cast<std::int64_t>(seconds.count()))
        .bind(6, static_cast<std::int64_t>(head.parts))
        .step()
        .map([](bool) {});
  });
}

/// Marks and parts of one batch go together: a crash leaves both or neither.
Result<void> LastGoodStore::remove_dropped(std::string_view collection) {
  Result<void> done;
  for (bool more = true; done && more;) {
    done = transaction([&]() -> Result<void> {
      const auto limit = static_cast<std::int64_t>(kBatchParts);
      auto row = remove_parts_.bind(1, collection).bind(2, limit).step();
      if (!row) return tl::make_unexpected(row.error());
      row = remove_marks_.bind(1, collection).bind(2, limit).step();
      more = row && *row;
      while (row && *row) row = remove_marks_.step();
      return row.map([](bool) {});
    });
  }
  return done;
}

Result<void> LastGoodStore::keep_only(const std::set<std::string, std::less<>>& collections) {
  std::vector<std::string> others;
  {
    const Database::Turn turn = database_->background();
    auto names = database_->prepare(
        "SELECT collection FROM good UNION SELECT collection FROM part"
        " UNION SELECT collection FROM dropped");
    if (!names) return tl::make_unexpected(std::move(names.error()));
    for (auto row = names->step();; row = names->step()) {
      if (!row) return tl::make_unexpected(row.error());
      if (!*row) break;
      if (!collections.contains(names->bytes(0))) others.emplace_back(names->bytes(0));
    }
  }
  for (const std::string& name : others) {
    if (auto gone = forget(name); !gone) return gone;
  }
  return {};
}

Result<void> LastGoodStore::forget(std::string_view collection) {
  auto gone = transaction([&]() -> Result<void> {
    auto statement = database_->prepare("DELETE FROM good WHERE collection = ?1");
    if (!statement) return tl::make_unexpected(std::move(statement.error()));
    return statement->bind(1, collection).step().map([](bool) {});
  });
  return gone.and_then([&] { return clean(collection); });
}

}  // namespace lull::publish
