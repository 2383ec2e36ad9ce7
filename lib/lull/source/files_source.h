// The thread behind watch_files(): waits for hints, lets a burst end, looks, offers.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "lull/source/directory_watch.h"
#include "lull/source/file_set.h"
#include "lull/source/files.h"

namespace lull::source {

/// Threads: the public members from any; everything else belongs to the source's own thread, except
/// where a member says otherwise.
class FilesSource final : public Source {
 public:
  FilesSource(FilesOptions options, Sink& sink, const Clock& clock);
  /// Returns after the call of the sink that is under way, if there is one.
  ~FilesSource() override;

  void rescan() override;
  [[nodiscard]] SourceState state() const override;

 private:
  using Steady = Clock::Steady;
  using Duration = Steady::duration;

  void run();
  void open_watch();
  void give_up_watch(const Error& why);
  void arm();

  void wait_for_hint();
  void wait_for_quiet(Steady deadline);
  void look_and_offer(Steady deadline);
  void deliver(const FileSet::Outcome& outcome, bool again);
  void note_rest(const FileSet::Outcome& outcome);
  void report(const Errors& errors);

  void pause(Duration time, bool events);
  bool take_events();
  void take_event(const DirectoryWatch::Event& event);
  void note_unfinished(const DirectoryWatch::Event& event);
  [[nodiscard]] bool any_unfinished(Steady now);
  [[nodiscard]] Duration interval() const;
  [[nodiscard]] bool watched() const { return watch_ && covered_ && network_.empty(); }
  [[nodiscard]] bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  void show(const FileSet::Outcome& outcome);
  void show_mode();

  const FilesOptions options_;
  Sink& sink_;
  const Clock& clock_;
  FileSet files_;
  Descriptor wake_;  // an eventfd: written by any thread

  std::optional<DirectoryWatch> watch_;
  std::string no_watch_;  // why there is no watch_
  Steady watch_retry_at_{};
  bool covered_ = false;    // the watch has stood since before the last try
  std::string network_;     // the network file system's name
  bool missing_ = false;    // the directory could not be read at the last look
  bool has_links_ = false;  // some of our files are links: any name's event may concern them

  int restless_rounds_ = 0;  // in a row, that ended with files that were not settled
  std::string restless_;     // which files those are; empty as long as there are only few rounds

  bool hinted_ = true;  // something may have changed...
  Steady hinted_at_{};  // ...since then
  Steady last_event_{};
  bool path_changed_ = false;
  /// Written to and not closed yet, or removed and perhaps about to come back (editors do both),
  /// and when last; given up after delay_max.
  std::map<std::string, Steady, std::less<>> unfinished_;
  bool again_ = false;  // rescan(): the sink is told again what it refused
  Steady looked_at_{};
  Duration look_time_{};  // of the last look for which nothing was read
  Errors reported_;       // what the sink was told last; empty: it can be read

  std::atomic<bool> stopping_{false};  // the destructor
  std::atomic<bool> rescan_{false};    // set by any thread, taken by the source's
  mutable std::mutex state_mutex_;
  SourceState state_;   // guarded by state_mutex_; written by the source's thread
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lull::source
