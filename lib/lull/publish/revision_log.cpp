#include "lull/publish/revision_log.h"

#include <random>
#include <utility>

namespace lull::publish {
namespace {

/// 32 random bits, not 0.
std::uint32_t random_epoch() {
  std::random_device random;
  std::uint32_t epoch = 0;
  while (epoch == 0) epoch = random();
  return epoch;
}

Database::Format revision_format() {
  return {.file = "lull.db",
          .application_id = 0x4C756C6C,  // "Lull"
          .version = 1,
          .settings = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
          .create =
              "CREATE TABLE revision (id INTEGER PRIMARY KEY CHECK (id = 1),"
              " epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),"
              " number INTEGER NOT NULL CHECK (number >= 0)) STRICT;"
              "INSERT INTO revision VALUES (1, " +
              std::to_string(random_epoch()) + ", 0);",
          .when_damaged = "move it away: the next start then begins a new epoch"};
}

}  // namespace

Result<std::unique_ptr<RevisionLog>> RevisionLog::open(const std::string& data_dir) {
  std::unique_ptr<RevisionLog> log(new RevisionLog);
  if (data_dir.empty()) {
    log->last_.epoch = random_epoch();
    return log;
  }
  auto database = Database::open(data_dir, revision_format());
  if (!database) return tl::make_unexpected(std::move(database.error()));
  log->database_ = *std::move(database);
  if (const auto loaded = log->load(); !loaded) return tl::make_unexpected(loaded.error());
  return log;
}

Result<void> RevisionLog::load() {
  if (auto whole = database_->check_integrity(); !whole) return whole;
  const auto epoch = database_->number("SELECT epoch FROM revision");
  if (!epoch) return tl::make_unexpected(epoch.error());
  const auto last = database_->number("SELECT number FROM revision");
  if (!last) return tl::make_unexpected(last.error());
  if (*epoch == 0) {
    return fail(ErrorCode::kInvalid, "the database is damaged: it has no epoch",
                {database_->file(), 0, 0, {}},
                "move it away: the next start then begins a new epoch");
  }
  last_ = {static_cast<std::uint32_t>(*epoch), static_cast<std::uint64_t>(*last)};
  auto update = database_->prepare("UPDATE revision SET number = ?1");
  if (!update) return tl::make_unexpected(update.error());
  update_ = *std::move(update);
  return {};
}

Result<Revision> RevisionLog::record() {
  const Revision next{last_.epoch, last_.number + 1};
  if (database_) {
    const auto done = update_.bind(1, static_cast<std::int64_t>(next.number)).run();
    if (!done) return tl::make_unexpected(done.error());
  }
  last_ = next;
  return next;
}

}  // namespace lull::publish
