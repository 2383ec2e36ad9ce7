// inotify on a directory that may be missing, removed, replaced or reached through links.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "lull/base/error.h"
#include "lull/source/directory_look.h"

namespace lull::source {

/// Watches the directory itself and every directory in which a name is looked up on the way to it,
/// links included, so that it is noticed when any part of the path begins to lead elsewhere.
/// Threads: one at a time.
class DirectoryWatch {
 public:
  enum class Kind : std::uint8_t {
    kCreated,   ///< A name has come into being.
    kModified,  ///< A file was written to, or truncated.
    kClosed,    ///< A file that was open for writing was closed.
    kReplaced,  ///< A name was moved away or here, or removed.
    kChanged,   ///< Something else about a name, for instance its permissions.
    kPath,      ///< The path may lead elsewhere, or the directory was removed or moved: arm().
    kOverflow,  ///< Events were lost.
  };
  struct Event {
    Kind kind;
    std::string_view name;  ///< In the directory; empty for kPath and kOverflow.
  };

  /// Errors: kUnavailable, when the system gives no inotify instance.
  [[nodiscard]] static Result<DirectoryWatch> open(std::string path);

  /// What arm() found.
  enum class Armed : std::uint8_t {
    kSame,     ///< The directory is the one that was watched before.
    kAnew,     ///< It is another one: what happened in it so far made no event.
    kMissing,  ///< There is none (or it may not be read); its path is watched as far as it goes.
  };
  /// Watches what the path leads to now. Errors: kUnavailable, when the system gives no watch.
  [[nodiscard]] Result<Armed> arm();

  /// Hands over what has happened; never blocks. A flood is read in part: call again.
  void drain(const std::function<void(const Event&)>& sink);

  [[nodiscard]] int fd() const { return inotify_.get(); }

 private:
  DirectoryWatch(std::string path, Descriptor inotify);
  struct Watched {
    bool is_directory = false;                 ///< It is the directory itself.
    std::set<std::string, std::less<>> steps;  ///< Names looked up in it on the way.
  };
  using Watches = std::map<int, Watched>;  // by watch descriptor

  void watch_path(Watches& watches) const;
  void dispatch(int watch, std::uint32_t mask, std::string_view name,
                const std::function<void(const Event&)>& sink) const;

  std::string path_;  // absolute
  Descriptor inotify_;
  Watches watches_;
  int directory_ = -1;  // the watch descriptor of the directory
};

}  // namespace lull::source
