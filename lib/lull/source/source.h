// Where a collection's data comes from: the one interface that hides files, stores and peers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lull/base/clock.h"
#include "lull/base/error.h"

namespace lull::source {

/// One file that differs from what was last accepted.
struct FileChange {
  std::string name;                  ///< The file's name, without a directory.
  std::string path;                  ///< As messages show it.
  std::optional<std::string> bytes;  ///< The whole new content; nothing: the file is gone.
};

/// All that differs from what was last accepted, in name order, read at one stable moment.
struct ChangeSet {
  std::vector<FileChange> changes;
  /// None of this source was accepted before: handed over even if it has no changes, and publishing
  /// it makes the collection loaded.
  bool initial = false;
};

/// Takes what a source finds. Called on the source's own thread, one call at a time.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Whether the change set was accepted, that is published. One that was not is part of the next
  /// change set again, brought up to date: the source computes against what was last accepted.
  /// It may block until the change is decided; the source coalesces what happens meanwhile.
  /// What was refused is not offered again until something changes or rescan() is called. If it
  /// changes back to what was accepted, that is offered with an empty list: the refusal is over.
  virtual bool offer(ChangeSet change_set) = 0;

  /// The source could not be read as a whole (directory missing, a file unreadable, a limit):
  /// nothing is offered, what is served stays. Told once for the same errors, and again after
  /// rescan(). An empty list: the last such problem is over, and nothing has changed. An offer says
  /// so too; refused content is offered again then.
  virtual void unreadable(const Errors& errors) = 0;
};

/// How a source is doing, for status and metrics.
struct SourceState {
  std::string kind;                 ///< `files`.
  std::string location;             ///< The directory.
  std::string mode;                 ///< `inotify` or `polling`.
  std::string degraded;             ///< What is wrong: not its best mode, a file that never comes
                                    ///< to rest and is left out; empty: nothing.
  std::uint64_t files = 0;          ///< Files taken at the last scan.
  std::uint64_t files_skipped = 0;  ///< Hidden, leftovers, unknown extensions, not regular files.
  std::uint64_t scans = 0;          ///< Times that the whole directory was looked at and compared.
  std::uint64_t overflows = 0;      ///< Event queue overflows, each answered by a full scan.
};

/// A running source. Threads: all members from any; the sink is called on the source's own thread.
/// Lifetime: the destructor stops it and returns after the call of the sink that is under way, if
/// there is one; so it must not be destroyed by the sink.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  /// Looks at everything again soon, whatever the events say (SIGHUP).
  virtual void rescan() = 0;
  [[nodiscard]] virtual SourceState state() const = 0;
};

}  // namespace lull::source
