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

  /// A burst has ended when nothing happened for this long...
  std::chrono::milliseconds quiet{20};
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
/// content. The directory may be missing at the start, be removed, replaced and come back.
///
/// Guaranteed:
/// - What is offered of a file is its whole content at one moment, and that moment is the same for
///   all files of a change set: two looks at the directory, before and after the reading, agree,
///   and nothing was written in the clock's tick in which they began.
/// - So a set of files that is swapped by one rename (`..data` of a ConfigMap, a directory or a
///   link to one) is offered whole or not at all, however often it is swapped.
/// - A file that is written in steps is complete if it is moved into place, or, with inotify on a
///   local file system, if it is written and closed within delay_max of its last write.
/// Not guaranteed, because nothing tells: that a writer who pauses for longer than delay_max with
/// the file open, or closes it and goes on later (when polling: pauses for longer than `quiet`) had
/// finished; or what is written through a memory map, until it is synchronised. Whoever cannot
/// write at once should write beside the file and rename.
///
/// A change is offered after `quiet`, at delay_max at the latest, plus the time of looking. Later
/// are: a file that is removed (it may be about to come back: delay_max), a file that never stands
/// still for a tick of the clock (1 to 10 ms; the others are offered without it, but for the first
/// change set; state().degraded names it), and a directory so large that looking would take more
/// than a third of the time. FIFOs, devices, sockets and directories are skipped without being
/// opened; a symlink loop, a dangling link, an unreadable file, a file name that is not UTF-8 make
/// the source unreadable.
///
/// Threads: one of its own; `accepts` is called there.  Lifetime: sink and clock outlive the
/// source. Cost: a look is a stat of each file, twice; only files whose stat changed, or that an
/// event named, are read, and the bytes of what differs are held until it is offered.
[[nodiscard]] std::unique_ptr<Source> watch_files(FilesOptions options, Sink& sink,
                                                  const Clock& clock);

/// Reads the directory once, without watching: for checks offline.
[[nodiscard]] Checked<ChangeSet> read_files(const FilesOptions& options);

}  // namespace lull::source
