// One look at a directory: names and stat of its files, and the reading of one of them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "lull/base/error.h"
#include "lull/source/files.h"

namespace lull::source {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

/// What changes when a file's content does. Two equal ones prove equal content only if ctime is
/// older than the clock's tick in which the first was taken (git calls the others racy).
struct Signature {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  friend bool operator==(const Signature&, const Signature&) = default;
};

/// Threads: one at a time.  Cost: one stat a file of ours; a second one where the first failed.
class DirectoryLook {
 public:
  struct Entry {
    Signature signature;
    bool is_link = false;  ///< The name is a symbolic link (to a regular file).
  };
  struct Moved {};  ///< The file was replaced, changed or removed since the look.

  /// Never fails as a whole: what cannot be read stands in errors().
  explicit DirectoryLook(const FilesOptions& options);

  [[nodiscard]] const std::map<std::string, Entry, std::less<>>& entries() const {
    return entries_;
  }
  /// In name order. If not empty, entries() may be incomplete.
  [[nodiscard]] const Errors& errors() const { return errors_; }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  /// The kernel's file time just before the look.
  [[nodiscard]] std::int64_t begun_at_ns() const { return begun_at_ns_; }
  /// The magic number of the file system; 0 if the directory cannot be read.
  [[nodiscard]] std::int64_t file_system() const { return file_system_; }

  [[nodiscard]] bool same_directory(const DirectoryLook& other) const {
    return device_ == other.device_ && inode_ == other.inode_;
  }
  /// Whether the name is there now, whatever it is: a listing may miss a name that is being
  /// replaced.
  [[nodiscard]] bool has_now(const std::string& name) const;

  /// The whole content of an entry, if the file is, before and after the reading, what was looked
  /// at.
  [[nodiscard]] std::variant<std::string, Moved, Error> read(const std::string& name) const;

 private:
  void list();
  void take(const std::string& name, bool is_link);
  void add_error(ErrorCode code, std::string message, const std::string& name, std::string hint);
  [[nodiscard]] Error unreadable_file(int error, const std::string& name) const;

  const FilesOptions& options_;
  std::int64_t begun_at_ns_;
  Descriptor directory_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  std::int64_t file_system_ = 0;
  std::map<std::string, Entry, std::less<>> entries_;
  Errors errors_;
  std::uint64_t skipped_ = 0;
  std::uint64_t bytes_ = 0;
};

/// A place in messages: a whole file or directory.
[[nodiscard]] Location at_path(std::string path);

/// `directory/name`, as messages show it.
[[nodiscard]] std::string path_of(const FilesOptions& options, std::string_view name);

}  // namespace lull::source
