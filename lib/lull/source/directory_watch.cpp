#include "lull/source/directory_watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>

namespace lull::source {
namespace {

constexpr std::uint32_t kStepMask =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_MASK_ADD;
constexpr std::uint32_t kDirectoryMask = kStepMask | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                                         IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;
constexpr int kLinksMax = 40;  // as the kernel's own limit
constexpr int kReadsMax = 16;  // of one drain
constexpr std::size_t kBufferBytes = 65'536;

/// The parts of a path, without empty ones and ".".
std::deque<std::string> parts_of(std::string_view path) {
  std::deque<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    if (!part.empty() && part != ".") parts.emplace_back(part);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

/// What a symbolic link says; nothing if the path is not one, `exists` tells whether it is there.
std::optional<std::string> link_target(const std::string& path, bool& exists) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  exists = length >= 0 || errno == EINVAL;
  if (length < 0) return std::nullopt;
  return std::string(target.data(), static_cast<std::size_t>(length));
}

Error no_inotify(int error, bool instance) {
  std::string message = "inotify is not to be had: " + std::generic_category().message(error);
  std::string hint;
  if (instance && error == EMFILE) {
    hint = "raise fs.inotify.max_user_instances or the limit of open files";
  } else if (error == ENOSPC) {
    hint = "raise fs.inotify.max_user_watches";
  }
  return {ErrorCode::kUnavailable, std::move(message), {}, std::move(hint)};
}

}  // namespace

DirectoryWatch::DirectoryWatch(std::string path, Descriptor inotify)
    : path_(std::move(path)), inotify_(std::move(inotify)) {}

Result<DirectoryWatch> DirectoryWatch::open(std::string path) {
  Descriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify.valid()) return tl::make_unexpected(no_inotify(errno, true));
  return DirectoryWatch(std::move(path), std::move(inotify));
}

void DirectoryWatch::watch_path(Watches& watches) const {
  std::deque<std::string> rest = parts_of(path_);
  std::string at = "/";
  for (int links = 0; !rest.empty() && links <= kLinksMax;) {
    const std::string step = std::move(rest.front());
    rest.pop_front();
    // Watched before it is looked at, so that a change after the look makes an event. A directory
    // that may not be watched is passed over: the regular looks find what its events would tell.
    const int watch = ::inotify_add_watch(inotify_.get(), at.c_str(), kStepMask);
    if (watch >= 0) watches[watch].steps.insert(step);
    std::string next = at;
    if (!next.ends_with('/')) next += '/';
    next += step;
    bool exists = false;
    const auto target = link_target(next, exists);
    if (!exists) return;
    if (!target) {
      at = std::move(next);
      continue;
    }
    ++links;
    if (target->starts_with('/')) at = "/";
    auto parts = parts_of(*target);
    rest.insert(rest.begin(), parts.begin(), parts.end());
  }
}

Result<DirectoryWatch::Armed> DirectoryWatch::arm() {
  Watches watches;
  watch_path(watches);
  const int watch = ::inotify_add_watch(inotify_.get(), path_.c_str(), kDirectoryMask);
  const int error = errno;
  if (watch >= 0) watches[watch].is_directory = true;
  for (const auto& [old, watched] : watches_) {
    if (!watches.contains(old)) ::inotify_rm_watch(inotify_.get(), old);
  }
  watches_ = std::move(watches);
  const bool same = watch >= 0 && watch == directory_;
  directory_ = watch;
  if (same) return Armed::kSame;
  if (watch >= 0) return Armed::kAnew;
  if (error == ENOSPC || error == ENOMEM) return tl::make_unexpected(no_inotify(error, false));
  return Armed::kMissing;
}

void DirectoryWatch::dispatch(int watch, std::uint32_t mask, std::string_view name,
                              const std::function<void(const Event&)>& sink) const {
  if ((mask & IN_Q_OVERFLOW) != 0) return sink({Kind::kOverflow, {}});
  const auto found = watches_.find(watch);
  if (found == watches_.end()) return;  // an event of a watch that was given up
  if ((mask & (IN_IGNORED | IN_UNMOUNT | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    return sink({Kind::kPath, {}});
  }
  constexpr std::uint32_t kStep = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
  if ((mask & kStep) != 0 && found->second.steps.contains(name)) sink({Kind::kPath, {}});
  if (!found->second.is_directory) return;
  if (name.empty()) return sink({Kind::kPath, {}});  // the directory's own permissions
  if ((mask & IN_CREATE) != 0) return sink({Kind::kCreated, name});
  if ((mask & IN_MODIFY) != 0) return sink({Kind::kModified, name});
  if ((mask & IN_CLOSE_WRITE) != 0) return sink({Kind::kClosed, name});
  if ((mask & kStep) != 0) return sink({Kind::kReplaced, name});
  sink({Kind::kChanged, name});
}

void DirectoryWatch::drain(const std::function<void(const Event&)>& sink) {
  alignas(inotify_event) std::array<char, kBufferBytes> buffer{};
  for (int reads = 0; reads < kReadsMax; ++reads) {
    const ssize_t length = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (length <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      dispatch(
          event.wd, event.mask,
          event.len > 0 ? std::string_view(name, ::strnlen(name, event.len)) : std::string_view(),
          sink);
      at += sizeof event + event.len;
    }
  }
}

}  // namespace lull::source
