#include "lull/source/directory_look.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <system_error>
#include <utility>

#include "lull/source/file_name.h"
#include "lull/source/file_system.h"

namespace lull::source {
namespace {

constexpr std::size_t kErrorsMax = 100;  // of one look; more do not help anybody

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Signature signature_of(const struct stat& st) {
  return {.device = st.st_dev,
          .inode = st.st_ino,
          .size_bytes = st.st_size,
          .mtime_ns = nanoseconds(st.st_mtim),
          .ctime_ns = nanoseconds(st.st_ctim)};
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::string limit_text(std::string_view limit, std::uint64_t value, std::string_view unit) {
  return std::string(limit) + " is " + std::to_string(value) + ' ' + std::string(unit);
}

struct CloseDirectory {
  void operator()(DIR* stream) const noexcept { closedir(stream); }
};

/// Reads until the end of the file, one byte past `size` at most. The error number, or 0.
int read_whole(int fd, std::size_t size, std::string& bytes) {
  bytes.resize(size + 1);  // the spare byte shows a file that grew
  std::size_t length = 0;
  while (length < bytes.size()) {
    const ssize_t got = ::read(fd, bytes.data() + length, bytes.size() - length);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    length += static_cast<std::size_t>(got);
  }
  bytes.resize(length);
  return 0;
}

/// Not every file system gives the type with the name.
bool is_link(int directory, const std::string& name, unsigned char type) {
  if (type != DT_UNKNOWN) return type == DT_LNK;
  struct stat st {};
  return ::fstatat(directory, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/// Whether an error of stat or open means that the name is not there any more.
bool is_gone(int error) {
  return error == ENOENT || error == ESTALE;
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Location at_path(std::string path) {
  return {.file = std::move(path), .line = 0, .column = 0, .pointer = {}};
}

std::string path_of(const FilesOptions& options, std::string_view name) {
  std::string path = options.directory;
  if (!path.ends_with('/')) path += '/';
  return path += name;
}

DirectoryLook::DirectoryLook(const FilesOptions& options)
    : options_(options), begun_at_ns_(file_time_now_ns()) {
  directory_ = Descriptor(
      ::open(options.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
  struct stat st {};
  struct statfs fs {};
  if (!directory_.valid() || ::fstat(directory_.get(), &st) != 0 ||
      ::fstatfs(directory_.get(), &fs) != 0) {
    const int error = errno;
    errors_.push_back({ErrorCode::kUnavailable, "the directory cannot be read: " + reason(error),
                       at_path(options.directory),
                       error == EACCES ? "let the user that runs this process read and search it"
                                       : "create it, or correct its path; it is looked for again"});
    return;
  }
  device_ = st.st_dev;
  inode_ = st.st_ino;
  file_system_ = static_cast<std::int64_t>(fs.f_type);
  list();
  std::sort(errors_.begin(), errors_.end(),
            [](const Error& a, const Error& b) { return a.where.file < b.where.file; });
}

void DirectoryLook::add_error(ErrorCode code, std::string message, const std::string& name,
                              std::string hint) {
  if (errors_.size() >= kErrorsMax) return;
  errors_.push_back({code, std::move(message), at_path(path_of(options_, name)), std::move(hint)});
}

void DirectoryLook::list() {
  const int fd =
      ::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0);  // closedir closes what it was given
  const std::unique_ptr<DIR, CloseDirectory> stream(fd >= 0 ? ::fdopendir(fd) : nullptr);
  if (!stream) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    errors_.push_back(unreadable_file(error, ""));
    return;
  }
  for (;;) {
    errno = 0;
    // A stream of one thread: readdir is unsafe only for a stream that is shared.
    const dirent* const found = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (found == nullptr) {
      if (errno != 0) errors_.push_back(unreadable_file(errno, ""));
      return;
    }
    const std::string name(found->d_name);
    if (name == "." || name == "..") continue;
    if (found->d_type == DT_DIR || is_leftover(name) || !options_.accepts(name)) {
      ++skipped_;
      continue;
    }
    if (entries_.size() >= options_.files_max) {
      errors_.push_back({ErrorCode::kLimit,
                         "the directory has too many files: " +
                             limit_text("files_max", options_.files_max, "files"),
                         at_path(options_.directory), "move some of them elsewhere, or join them"});
      return;
    }
    take(name, is_link(directory_.get(), name, found->d_type));
  }
}

void DirectoryLook::take(const std::string& name, bool is_link) {
  struct stat st {};
  if (::fstatat(directory_.get(), name.c_str(), &st, 0) != 0) {
    const int error = errno;
    struct stat link {};
    const bool exists = ::fstatat(directory_.get(), name.c_str(), &link, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists && is_gone(errno)) return;  // removed since it was listed
    if (exists && !S_ISLNK(link.st_mode) && is_gone(error))
      return;  // replaced: the next look sees it
    if (errors_.size() < kErrorsMax) errors_.push_back(unreadable_file(error, name));
    return;
  }
  if (!S_ISREG(st.st_mode)) {
    ++skipped_;
    return;
  }
  if (!is_printable(name)) {
    add_error(ErrorCode::kInvalid, "the file's name is not UTF-8 or has control characters",
              escaped(name), "rename the file");
    return;
  }
  const Signature signature = signature_of(st);
  const auto size = static_cast<std::uint64_t>(signature.size_bytes);
  bytes_ += size;
  if (size > options_.file_bytes_max) {
    add_error(ErrorCode::kLimit,
              "the file is too large: it has " + std::to_string(size) + " bytes, " +
                  limit_text("file_bytes_max", options_.file_bytes_max, "bytes"),
              name, "split the file");
  } else if (bytes_ > options_.total_bytes_max && bytes_ - size <= options_.total_bytes_max) {
    add_error(ErrorCode::kLimit,
              "with this file the directory holds too much: " +
                  limit_text("total_bytes_max", options_.total_bytes_max, "bytes"),
              name, "move some of the files elsewhere");
  }
  entries_.insert_or_assign(name, Entry{signature, is_link});
}

bool DirectoryLook::has_now(const std::string& name) const {
  struct stat st {};
  return ::fstatat(directory_.get(), name.c_str(), &st, 0) == 0 && S_ISREG(st.st_mode);
}

Error DirectoryLook::unreadable_file(int error, const std::string& name) const {
  std::string message = "the file cannot be read: " + reason(error);
  std::string hint = "see whether the file system is sound";
  if (is_gone(error)) {
    message = "the symbolic link points to nothing";
    hint = "restore what it points to, or remove the link";
  } else if (error == ELOOP) {
    message = "the symbolic link leads back to itself";
    hint = "remove the link";
  } else if (error == EACCES || error == EPERM) {
    hint = "let the user that runs this process read it";
  } else if (error == EMFILE || error == ENFILE) {
    hint = "raise the limit of open files (ulimit -n, fs.file-max)";
  }
  return {ErrorCode::kUnavailable, std::move(message),
          at_path(name.empty() ? options_.directory
                               : path_of(options_, is_printable(name) ? name : escaped(name))),
          std::move(hint)};
}

std::variant<std::string, DirectoryLook::Moved, Error> DirectoryLook::read(
    const std::string& name) const {
  const Signature& expected = entries_.at(name).signature;
  // O_NONBLOCK: the file may have become a FIFO since the look, and opening one would wait.
  const Descriptor file(
      ::openat(directory_.get(), name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid()) {
    const int error = errno;
    if (is_gone(error) || error == ENXIO) return Moved{};
    return unreadable_file(error, name);
  }
  struct stat st {};
  if (::fstat(file.get(), &st) != 0) return unreadable_file(errno, name);
  if (!S_ISREG(st.st_mode) || signature_of(st) != expected) return Moved{};
  std::string bytes;
  try {
    const int error = read_whole(file.get(), static_cast<std::size_t>(st.st_size), bytes);
    if (error != 0) return unreadable_file(error, name);
  } catch (const std::bad_alloc&) {
    return unreadable_file(ENOMEM, name);
  }
  if (::fstat(file.get(), &st) != 0) return unreadable_file(errno, name);
  if (signature_of(st) != expected || bytes.size() != static_cast<std::size_t>(st.st_size)) {
    return Moved{};
  }
  return bytes;
}

}  // namespace lull::source
