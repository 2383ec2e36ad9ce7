#include "lull/source/files_source.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "lull/source/file_name.h"
#include "lull/source/file_system.h"

namespace lull::source {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kEventsInterval{1};     // events are taken this often at most
constexpr milliseconds kMissingInterval{100};  // how often a missing directory is looked for
constexpr milliseconds kUnwakeableInterval{100};
constexpr milliseconds kWatchRetry{60'000};  // how often inotify is asked for again
constexpr int kLateTriesMax = 5;             // after delay_max
constexpr int kRestlessRounds = 5;           // until it is said that files do not come to rest
constexpr std::size_t kRestlessNamesMax = 5;
// The share of time that looking may take when events never end: one part in so many, plus one.
constexpr int kRestPerLook = 2;

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto found = std::filesystem::absolute(path, error);
  return error ? path : found.string();
}

std::string every(milliseconds interval) {
  return "looking every " + std::to_string(interval.count()) + " ms";
}

std::string restless_text(const std::set<std::string, std::less<>>& names) {
  std::string text = "the directory does not come to rest: ";
  std::size_t said = 0;
  for (const auto& name : names) {
    if (said > 0) text += ", ";
    if (said == kRestlessNamesMax) {
      return text + "and " + std::to_string(names.size() - said) + " more";
    }
    text += is_printable(name) ? name : escaped(name);
    ++said;
  }
  return text;
}

bool same_text(const Errors& a, const Errors& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Error& x, const Error& y) { return x.text() == y.text(); });
}

}  // namespace

FilesSource::FilesSource(FilesOptions options, Sink& sink, const Clock& clock)
    : options_(std::move(options)),
      sink_(sink),
      clock_(clock),
      files_(options_),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  state_.kind = "files";
  state_.location = options_.directory;
  open_watch();
  show_mode();
  thread_ = std::thread([this] { run(); });
}

FilesSource::~FilesSource() {
  stopping_.store(true, std::memory_order_relaxed);  // the eventfd and join order the rest
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void FilesSource::rescan() {
  rescan_.store(true, std::memory_order_relaxed);
  ::eventfd_write(wake_.get(), 1);
}

SourceState FilesSource::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_;
}

void FilesSource::run() {
  hinted_at_ = last_event_ = clock_.steady();
  while (!stopping()) {
    arm();
    look_and_offer(hinted_at_ + options_.delay_max);
    wait_for_hint();
    if (hinted_) wait_for_quiet(hinted_at_ + options_.delay_max);
  }
}

// --- the watch ---

void FilesSource::open_watch() {
  watch_retry_at_ = clock_.steady() + kWatchRetry;
  if (options_.force_polling) {
    no_watch_ = "polling is configured";
    return;
  }
  auto opened = DirectoryWatch::open(absolute(options_.directory));
  if (!opened) return give_up_watch(opened.error());
  watch_.emplace(std::move(*opened));
  no_watch_.clear();
}

void FilesSource::give_up_watch(const Error& why) {
  watch_.reset();
  no_watch_ = why.text();
}

void FilesSource::arm() {
  if (!watch_ && clock_.steady() >= watch_retry_at_ && !options_.force_polling) open_watch();
  path_changed_ = false;
  if (watch_) {
    const auto armed = watch_->arm();
    if (!armed) {
      give_up_watch(armed.error());
    } else if (*armed != DirectoryWatch::Armed::kSame) {
      covered_ = false;
      unfinished_.clear();
    }
  }
  show_mode();
}

// --- waiting ---

FilesSource::Duration FilesSource::interval() const {
  if (missing_) return kMissingInterval;
  if (!watch_ || !network_.empty()) return options_.poll_interval;
  return options_.rescan_interval;
}

void FilesSource::pause(Duration time, bool events) {
  // Without an eventfd (no descriptor was left) whoever calls is noticed at the next look around.
  if (!wake_.valid()) time = std::min<Duration>(time, kUnwakeableInterval);
  std::array<pollfd, 2> fds = {{{wake_.get(), POLLIN, 0}, {watch_ ? watch_->fd() : -1, POLLIN, 0}}};
  const auto ns = std::max(Duration::zero(), time);
  const timespec timeout = {
      .tv_sec = std::chrono::duration_cast<std::chrono::seconds>(ns).count(),
      .tv_nsec = std::chrono::nanoseconds(ns % std::chrono::seconds(1)).count()};
  if (::ppoll(fds.data(), events && watch_ ? 2 : 1, &timeout, nullptr) > 0 &&
      (fds[0].revents & POLLIN) != 0) {
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
  }
}

void FilesSource::wait_for_hint() {
  const Steady due = looked_at_ + interval();
  while (!stopping() && !rescan_.load(std::memory_order_relaxed)) {
    if (take_events()) {
      // Also when they are of no interest: a flood of them must not keep the thread busy.
      pause(kEventsInterval, false);
    }
    if (hinted_) return;
    const Duration left = due - clock_.steady();
    if (left <= Duration::zero()) break;
    pause(left, true);
  }
  hinted_at_ = clock_.steady();
}

void FilesSource::wait_for_quiet(Steady deadline) {
  // A directory so large that looking takes longer than the quiet time gets a rest between looks.
  const Steady rested = looked_at_ + kRestPerLook * look_time_;
  while (!stopping()) {
    const Steady now = clock_.steady();
    const Steady quiet = last_event_ + options_.quiet;
    const bool unfinished = any_unfinished(now);
    const bool ended = now >= deadline || (now >= quiet && !unfinished);
    if (ended && now >= rested) return;
    const Steady next = std::max(rested, unfinished ? deadline : std::min(quiet, deadline));
    pause(std::min<Duration>(next - now, kEventsInterval), false);
    take_events();
    if (path_changed_) arm();
  }
}

bool FilesSource::any_unfinished(Steady now) {
  std::erase_if(unfinished_,
                [&](const auto& file) { return now - file.second >= options_.delay_max; });
  return !unfinished_.empty();
}

// --- events ---

bool FilesSource::take_events() {
  if (!watch_) return false;
  bool any = false;
  watch_->drain([&](const DirectoryWatch::Event& event) {
    any = true;
    take_event(event);
  });
  return any;
}

void FilesSource::take_event(const DirectoryWatch::Event& event) {
  using Kind = DirectoryWatch::Kind;
  if (event.kind == Kind::kPath) {
    path_changed_ = true;
  } else if (event.kind == Kind::kOverflow) {
    files_.suspect_all();
    unfinished_.clear();
    path_changed_ = true;
    const std::lock_guard lock(state_mutex_);
    ++state_.overflows;
  } else {
    const bool ours = !is_leftover(event.name) && options_.accepts(event.name);
    if (!ours && !has_links_) return;
    files_.suspect(event.name);
    if (ours) note_unfinished(event);
  }
  last_event_ = clock_.steady();
  if (!hinted_) hinted_at_ = last_event_;
  hinted_ = true;
}

void FilesSource::note_unfinished(const DirectoryWatch::Event& event) {
  using Kind = DirectoryWatch::Kind;
  if (event.kind == Kind::kChanged) return;
  bool unfinished = event.kind == Kind::kModified;
  if (event.kind == Kind::kCreated || event.kind == Kind::kReplaced) {
    struct stat st {};
    const bool exists = ::lstat(path_of(options_, event.name).c_str(), &st) == 0;
    // A new link, or a second name of a file, is complete as it is: no close will follow.
    const bool may_be_written =
        event.kind == Kind::kCreated && S_ISREG(st.st_mode) && st.st_nlink == 1;
    unfinished = !exists || may_be_written;
  }
  if (unfinished) {
    unfinished_.insert_or_assign(std::string(event.name), clock_.steady());
  } else if (const auto found = unfinished_.find(event.name); found != unfinished_.end()) {
    unfinished_.erase(found);
  }
}

// --- looking ---

void FilesSource::look_and_offer(Steady deadline) {
  if (rescan_.exchange(false, std::memory_order_relaxed)) {
    again_ = true;
    files_.suspect_all();
  }
  // After a failure the sink is told where things stand, refused content included.
  const bool again = again_ || !reported_.empty();
  FileSet::Outcome outcome;
  for (int late = 0; !stopping();) {
    hinted_ = false;
    const Steady begun = clock_.steady();
    FileSet::Try how{.watched = watched(), .again = again, .unfinished = {}, .stop = [this] {
                       return stopping();
                     }};
    if (any_unfinished(begun)) {
      for (const auto& [name, when] : unfinished_) how.unfinished.push_back(name);
    }
    outcome = files_.look(how);
    looked_at_ = clock_.steady();
    if (outcome.files_read == 0) look_time_ = looked_at_ - begun;
    show(outcome);
    if (outcome.settled || (!outcome.errors.empty() && same_text(outcome.errors, reported_))) break;
    const bool is_late = looked_at_ >= deadline;
    // Late, what is settled is offered without the rest; half of a swap is waited for a little
    // more.
    if (is_late && (outcome.separable || ++late > kLateTriesMax)) break;
    if (is_late) {
      pause(std::max<Duration>(file_time_tick(), look_time_), false);
      take_events();
    } else {
      last_event_ = looked_at_;
      wait_for_quiet(deadline);
    }
    arm();
  }
  if (stopping()) return;
  note_rest(outcome);
  covered_ = watch_.has_value() && !missing_;
  if (!outcome.errors.empty()) {
    report(outcome.errors);
  } else {
    deliver(outcome, again);
  }
  files_.drop_bytes();
}

void FilesSource::deliver(const FileSet::Outcome& outcome, bool again) {
  if (!outcome.settled && !hinted_) {
    hinted_ = true;
    hinted_at_ = last_event_ = clock_.steady();
  }
  if (!outcome.settled && !outcome.separable) {
    if (!restless_.empty()) {
      report({{ErrorCode::kUnavailable, restless_, at_path(options_.directory),
               "write beside the file and rename, or keep such files elsewhere"}});
    }
    return;
  }
  auto change_set = files_.propose(again);
  const bool recovered = !reported_.empty();
  again_ = false;
  reported_.clear();
  if (change_set) {
    files_.decided(sink_.offer(std::move(*change_set)));
  } else if (recovered) {
    sink_.unreadable({});
  }
}

void FilesSource::note_rest(const FileSet::Outcome& outcome) {
  if (outcome.settled || !outcome.errors.empty()) {
    restless_rounds_ = 0;
    restless_.clear();
  } else if (++restless_rounds_ % kRestlessRounds == 0) {
    restless_ = restless_text(files_.unsettled());
  }
  show_mode();
}

void FilesSource::report(const Errors& errors) {
  if (same_text(errors, reported_) && !again_) return;
  again_ = false;
  reported_ = errors;
  sink_.unreadable(errors);
}

// --- what others see ---

void FilesSource::show(const FileSet::Outcome& outcome) {
  missing_ = outcome.file_system == 0;
  has_links_ = outcome.has_links;
  network_ = network_file_system(outcome.file_system);
  show_mode();
  const std::lock_guard lock(state_mutex_);
  state_.files = outcome.files;
  state_.files_skipped = outcome.skipped;
  ++state_.scans;
}

void FilesSource::show_mode() {
  std::string degraded;
  if (!watch_) {
    degraded = no_watch_ + "; " + every(options_.poll_interval);
  } else if (!network_.empty()) {
    degraded = "the file system is " + network_ +
               ", which does not tell of changes made elsewhere; " + every(options_.poll_interval);
  }
  if (!restless_.empty()) degraded += (degraded.empty() ? "" : "; ") + restless_;
  const std::lock_guard lock(state_mutex_);
  state_.mode = watch_ ? "inotify" : "polling";
  state_.degraded = std::move(degraded);
}

}  // namespace lull::source
