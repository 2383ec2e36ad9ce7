#include "lull/publish/revision_log.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>

#include "support.h"

namespace lull::publish {
namespace {

void run_sql(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

Error open_error(const std::string& directory) {
  auto log = RevisionLog::open(directory);
  EXPECT_FALSE(log) << directory;
  return log ? Error{} : log.error();
}

std::string read_all(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(RevisionLog, ContinuesTheEpochAcrossStarts) {
  const TemporaryDirectory directory;
  Revision last;
  {
    auto log = RevisionLog::open(directory / "var");
    ASSERT_TRUE(log) << log.error().text();
    EXPECT_NE((*log)->last().epoch, 0U);
    EXPECT_EQ((*log)->last().number, 0U);
    for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_EQ((*log)->record()->number, i);
    last = (*log)->last();
  }
  auto again = RevisionLog::open(directory / "var");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ((*again)->last(), last);
  EXPECT_EQ((*again)->record()->number, 4U);
}

TEST(RevisionLog, ANewDirectoryOrNoneTakesANewEpoch) {
  const TemporaryDirectory directory;
  const auto epoch = [](const std::string& path) {
    auto log = RevisionLog::open(path);
    EXPECT_TRUE(log);
    EXPECT_TRUE((*log)->record());
    return (*log)->last().epoch;
  };
  const std::uint32_t first = epoch(directory / "var");
  std::filesystem::remove_all(directory / "var");
  EXPECT_NE(epoch(directory / "var"), first) << "one chance in 2^32";
  EXPECT_NE(epoch(""), epoch("")) << "one chance in 2^32";
}

TEST(RevisionLog, EveryRecordIsOnDiskBeforeItReturns) {
  // A copy of the files at any moment, as a crash would leave them, opens with the last number.
  const TemporaryDirectory directory;
  auto log = RevisionLog::open(directory / "var");
  ASSERT_TRUE(log);
  for (std::uint64_t i = 1; i <= 50; ++i) {
    ASSERT_TRUE((*log)->record());
    if (i % 10 != 0) continue;
    const std::string copy = directory / ("copy" + std::to_string(i));
    std::filesystem::copy(directory / "var", copy);
    auto crashed = RevisionLog::open(copy);
    ASSERT_TRUE(crashed) << crashed.error().text();
    EXPECT_EQ((*crashed)->last(), (*log)->last());
  }
}

TEST(RevisionLog, AnotherProcessIsRefused) {
  const TemporaryDirectory directory;
  int ready[2];
  int go[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto log = RevisionLog::open(directory / "var");
    const bool recorded = log && (*log)->record().has_value();
    if (write(ready[1], recorded ? "y" : "n", 1) != 1) _exit(2);
    char wait = 0;
    if (read(go[0], &wait, 1) != 1) _exit(3);
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  const Error error = open_error(directory / "var");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_NE(error.message.find("held by another process"), std::string::npos) << error.text();
  ASSERT_EQ(write(go[1], "g", 1), 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  auto log = RevisionLog::open(directory / "var");
  ASSERT_TRUE(log) << log.error().text();
  EXPECT_EQ((*log)->last().number, 1U) << "the child's record, though it left by _exit";
}

TEST(RevisionLog, WhatCannotBeADataDirectoryIsNamed) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "x";
  EXPECT_EQ(open_error(directory / "file").message, "data_dir is not a directory");
  const Error orphan = open_error(directory / "no/such/parent");
  EXPECT_EQ(orphan.code, ErrorCode::kUnavailable);
  EXPECT_NE(orphan.message.find("No such file"), std::string::npos) << orphan.text();
}

TEST(RevisionLog, AReadOnlyDirectoryIsRefused) {
  const TemporaryDirectory directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  std::filesystem::create_directory(directory / "var");
  std::filesystem::permissions(directory / "var", std::filesystem::perms(0555));
  const bool was_root = geteuid() == 0;
  ASSERT_EQ(was_root ? seteuid(65534) : 0, 0);
  const Error error = open_error(directory / "var");
  ASSERT_EQ(was_root ? seteuid(0) : 0, 0);
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_NE(error.message.find("cannot be written"), std::string::npos) << error.text();
}

TEST(RevisionLog, ANewerFormatOrAForeignFileIsRefusedAndUntouched) {
  const TemporaryDirectory directory;
  const std::string file = directory / "lull.db";
  ASSERT_TRUE((*RevisionLog::open(directory.path()))->record());
  run_sql(file, "PRAGMA user_version=2");
  const std::string before = read_all(file);
  const Error newer = open_error(directory.path());
  EXPECT_EQ(newer.message, "the database has format 2, this version of Lull knows 1");
  EXPECT_FALSE(newer.hint.empty());
  EXPECT_EQ(read_all(file), before);

  std::filesystem::remove(file);
  run_sql(file, "CREATE TABLE theirs (a)");
  EXPECT_EQ(open_error(directory.path()).message, "this SQLite file was not written by Lull");
}

TEST(RevisionLog, ADamagedFileIsRefusedAndKept) {
  const TemporaryDirectory directory;
  const std::string file = directory / "lull.db";
  ASSERT_TRUE((*RevisionLog::open(directory.path()))->record());
  const std::string good = read_all(file);
  ASSERT_GT(good.size(), 4096U);
  const auto damage = [&](std::size_t at, std::size_t bytes, char with) {
    std::string bad = good;
    bad.replace(at, bytes, bytes, with);
    std::ofstream(file, std::ios::binary) << bad;
    const Error error = open_error(directory.path());
    EXPECT_NE(error.message.find("damaged"), std::string::npos) << at << ": " << error.text();
    EXPECT_NE(error.hint.find("move it away"), std::string::npos);
    EXPECT_EQ(read_all(file), bad);
  };
  damage(0, 100, 'x');
  damage(4096, 100, '\xFF');
  std::ofstream(file, std::ios::binary) << good.substr(0, 5000);
  EXPECT_NE(open_error(directory.path()).message.find("damaged"), std::string::npos);
  std::ofstream(file, std::ios::binary) << good;
  EXPECT_TRUE(RevisionLog::open(directory.path()));
}

TEST(RevisionLog, AFullDiskRecordsNothingAndHeals) {
  const TemporaryDirectory directory;
  auto log = RevisionLog::open(directory.path());
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->record());
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tiny{64 * 1024, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tiny);
  std::uint64_t recorded = 1;
  Result<Revision> result = (*log)->record();
  for (; result && recorded < 1000; result = (*log)->record()) ++recorded;
  const Result<Revision> again = (*log)->record();
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);

  ASSERT_FALSE(result) << "the limit was never hit";
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable) << result.error().text();
  EXPECT_FALSE(again);
  EXPECT_EQ((*log)->last().number, recorded);
  const Result<Revision> healed = (*log)->record();
  ASSERT_TRUE(healed) << healed.error().text();
  EXPECT_EQ(healed->number, recorded + 1);
  log->reset();
  EXPECT_EQ((*RevisionLog::open(directory.path()))->last().number, recorded + 1);
}

}  // namespace
}  // namespace lull::publish
