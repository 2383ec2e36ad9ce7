// A watched directory.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lull/source/source.h"

namespace lull::source {

struct FilesOptions {
  std::string directory;
  /// Whether a file name (not hidden, not an editor's leftover) is one of ours: by its extension.
  std::function<bool(std::string_view name)> accepts;

  std::chrono::milliseconds quiet{
      20};  ///< A burst has ended when nothing happened for this long...
  std::chrono::milliseconds delay_max{200};       ///< ...but a change waits for this long at most.
  std::chrono::milliseconds poll_interval{1000};  ///< When polling.
  /// With inotify too, everything is looked at this often: for changes that make no event (the
  /// target of a symlink outside the directory, a network file system).
  std::chrono::milliseconds rescan_interval{5000};
  bool force_polling = false;  ///< Do not use inotify.
  std::size_t file_bytes_max = 1U << 30U;
  std::size_t files_max = 100'000;
  std::uint64_t total_bytes_max = 4ULL << 30U;  ///< Of all files together: a change set holds them.
};

/// Watches the directory's own files (no subdirectories; symlinks are followed) and offers what
/// changed. Events only say when to look: what changed is decided by looking, at names, stat and
/// content. A file is read until two looks at it agree, and the directory until two looks agree
/// over all files, so that neither a half-written file nor half a `..data` swap is offered.
/// FIFOs, devices, sockets and directories are skipped without being opened for reading; a symlink
/// loop, a dangling link or an unreadable file makes the source unreadable.
/// The directory may be missing at the start, be removed and come back.
/// Cost: a look is a stat of each file; only files whose stat changed, or that an event named, are
/// read.
[[nodiscard]] std::unique_ptr<Source> watch_files(FilesOptions options, Sink& sink,
                                                  const Clock& clock);

/// Reads the directory once, without watching: for checks offline.
[[nodiscard]] Checked<ChangeSet> read_files(const FilesOptions& options);

}  // namespace lull::source
