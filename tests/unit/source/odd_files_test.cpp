// What may lie in a directory and is no readable file: skipped or refused by name, never waited
// for.
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "harness.h"

namespace lull::source {
namespace {

using OddFiles = SourceTest;

TEST_P(OddFiles, FifosDevicesSocketsAndDirectoriesAreSkipped) {
  write_file(at("a.yaml"), "a");
  ASSERT_EQ(::mkfifo(at("fifo.yaml").c_str(), 0600), 0);
  fs::create_directory(at("directory.yaml"));
  fs::create_symlink("fifo.yaml", at("to-fifo.yaml"));
  fs::create_symlink("/dev/zero", at("zero.yaml"));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = at("socket.yaml").string();
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  start();
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "a"}}));
  EXPECT_EQ(source_->state().files, 1U);
  EXPECT_EQ(source_->state().files_skipped, 5U);
  ::close(socket);
}

TEST_P(OddFiles, AFileThatTurnsIntoAFifoIsRemoved) {
  write_file(at("a.yaml"), "a");
  start_and_load();
  ASSERT_EQ(::mkfifo(at(".f").c_str(), 0600), 0);
  fs::rename(at(".f"), at("a.yaml"));
  EXPECT_TRUE(sink_.wait_for({}));
}

TEST_P(OddFiles, ALinkToItselfIsAnErrorWithTheFileAndAHint) {
  write_file(at("a.yaml"), "a");
  start_and_load();
  fs::create_symlink("loop.yaml", at("loop.yaml"));
  ASSERT_TRUE(sink_.wait_for_error("leads back to itself"));
  EXPECT_EQ(sink_.errors().front().where.file, at("loop.yaml").string());
  EXPECT_EQ(sink_.errors().front().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(sink_.errors().front().hint.empty());
  EXPECT_EQ(sink_.offers(), 1U);
  fs::remove(at("loop.yaml"));
  EXPECT_TRUE(sink_.wait_for_no_error());
}

TEST_P(OddFiles, EveryBadFileIsNamed) {
  fs::create_symlink("nothing", at("b.yaml"));
  fs::create_symlink("c.yaml", at("c.yaml"));
  fs::create_symlink("nothing", at(".#emacs-lock.yaml"));
  start();
  ASSERT_TRUE(sink_.wait_for_error("points to nothing"));
  ASSERT_EQ(sink_.errors().size(), 2U);
  EXPECT_EQ(sink_.errors()[0].where.file, at("b.yaml").string());
  EXPECT_EQ(sink_.errors()[1].where.file, at("c.yaml").string());
  write_file(at("nothing"), "restored");
  fs::remove(at("c.yaml"));
  EXPECT_TRUE(sink_.wait_for({{"b.yaml", "restored"}}));
}

TEST_P(OddFiles, ANameThatIsNotUtf8) {
  write_file(at("caf\xe9.yaml"), "a");
  start();
  ASSERT_TRUE(sink_.wait_for_error("name is not UTF-8"));
  EXPECT_EQ(sink_.errors().front().where.file, at("caf\\xe9.yaml").string());
  fs::rename(at("caf\xe9.yaml"), at("caf\xc3\xa9.yaml"));
  EXPECT_TRUE(sink_.wait_for({{"caf\xc3\xa9.yaml", "a"}}));
}

TEST_P(OddFiles, TooLarge) {
  auto options = options_for(at(), GetParam());
  options.file_bytes_max = 100;
  write_file(at("a.yaml"), std::string(100, 'x'));
  start(options);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  write_file(at("a.yaml"), std::string(101, 'x'));
  ASSERT_TRUE(sink_.wait_for_error("file_bytes_max is 100 bytes"));
  EXPECT_EQ(sink_.errors().front().code, ErrorCode::kLimit);
  write_file(at("a.yaml"), std::string(99, 'x'));
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", std::string(99, 'x')}}));
}

TEST_P(OddFiles, TooLargeTogether) {
  auto options = options_for(at(), GetParam());
  options.total_bytes_max = 100;
  for (const char* name : {"a.yaml", "b.yaml", "c.yaml"})
    write_file(at(name), std::string(40, 'x'));
  start(options);
  ASSERT_TRUE(sink_.wait_for_error("total_bytes_max is 100 bytes"));
  EXPECT_EQ(sink_.errors().size(), 1U);
}

TEST_P(OddFiles, TooMany) {
  auto options = options_for(at(), GetParam());
  options.files_max = 3;
  for (int i = 0; i < 4; ++i) write_file(at(std::to_string(i) + ".yaml"), "x");
  write_file(at("does-not-count"), "x");
  start(options);
  ASSERT_TRUE(sink_.wait_for_error("files_max is 3 files"));
  fs::remove(at("0.yaml"));
  ASSERT_TRUE(sink_.wait_for_offers(1));
  EXPECT_EQ(sink_.accepted().size(), 3U);
}

/// Root may read everything: the look is made by a child that is nobody. Its exit status: 0 if
/// `ok`.
int as_nobody(const std::function<bool()>& ok) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
      ::_exit(2);
    }
    ::_exit(ok() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool read_fails_with(const FilesOptions& options, const std::string& part, const fs::path& file) {
  const auto read = read_files(options);
  return !read && read.error().front().text().find(part) != std::string::npos &&
         read.error().front().where.file == file.string() && !read.error().front().hint.empty();
}

TEST_P(OddFiles, AFileAndADirectoryThatMayNotBeRead) {
  write_file(at("a.yaml"), "a");
  fs::permissions(temp_.path(), fs::perms::owner_all | fs::perms::others_all);
  fs::permissions(at("a.yaml"), fs::perms::none);
  const auto options = options_for(at(), GetParam());
  EXPECT_EQ(as_nobody([&] { return read_fails_with(options, "Permission denied", at("a.yaml")); }),
            0);
  fs::permissions(at(), fs::perms::none);
  EXPECT_EQ(as_nobody([&] { return read_fails_with(options, "Permission denied", at()); }), 0);
  fs::permissions(at(), fs::perms::owner_all);
}

/// Every look finds live.yaml being written: `accepts` is asked of a.yaml in the middle of one.
class RestlessFile : public OddFiles {
 protected:
  ~RestlessFile() override { source_.reset(); }  // it calls back here
  FilesOptions restless_options() {
    auto options = options_for(at(), GetParam());
    options.delay_max = options.quiet;
    options.accepts = [this](std::string_view name) {
      if (restless_ && name == "a.yaml") write_file(at("live.yaml"), "live");
      return is_yaml(name);
    };
    return options;
  }
  [[nodiscard]] bool degraded_says(const std::string& part) const {
    return source_->state().degraded.find(part) != std::string::npos;
  }
  std::atomic<bool> restless_{true};
  const std::string message_ = "does not come to rest: live.yaml";
};

TEST_P(RestlessFile, KeepsTheFirstLoadBackAndIsNamed) {
  write_file(at("a.yaml"), "a");
  write_file(at("live.yaml"), "live");
  start(restless_options());
  ASSERT_TRUE(sink_.wait_for_error(message_));
  EXPECT_TRUE(degraded_says(message_));
  EXPECT_EQ(sink_.offers(), 0U);
  restless_ = false;
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "a"}, {"live.yaml", "live"}}));
  EXPECT_TRUE(sink_.wait_for_no_error());
  EXPECT_EQ(sink_.unreadable_calls(), 1U);
  EXPECT_FALSE(degraded_says(message_));
}

TEST_P(RestlessFile, IsNamedWhileTheOthersAreServed) {
  restless_ = false;
  write_file(at("a.yaml"), "a");
  start(restless_options());
  ASSERT_TRUE(sink_.wait_for_offers(1));
  restless_ = true;
  write_file(at("a.yaml"), "b");
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "b"}}));
  EXPECT_TRUE(eventually([&] { return degraded_says(message_); }));
  EXPECT_EQ(sink_.unreadable_calls(), 0U);
  restless_ = false;
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "b"}, {"live.yaml", "live"}}));
  EXPECT_TRUE(eventually([&] { return !degraded_says(message_); }));
}

LULL_IN_BOTH_MODES(RestlessFile);
LULL_IN_BOTH_MODES(OddFiles);

}  // namespace
}  // namespace lull::source
