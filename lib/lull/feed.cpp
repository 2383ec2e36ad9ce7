#include "lull/feed.h"

#include <algorithm>
#include <exception>
#include <thread>

#include "lull/base/housekeeping.h"
#include "lull/source/files.h"

namespace lull {
namespace {

using publish::CollectionSpec;
using publish::current_collection;
using publish::Publisher;
using snapshot::Collection;
using Time = Clock::Steady;

/// A collection is written by its source alone, so its base changes under a build only when a
/// program publishes by itself; then offering again once or twice is enough.
constexpr int kOffersMax = 3;
/// What was refused for a reason outside the data (disk full, no memory, no room) is offered again
/// after the first, then after twice as long each time.
constexpr std::chrono::seconds kRetryFirst{1};

bool same_errors(const std::optional<Rejection>& last, const Errors& errors) {
  return last && std::ranges::equal(last->errors, errors, {}, &Error::text, &Error::text);
}

std::uint64_t bytes_of(const source::ChangeSet& change_set) {
  std::uint64_t out = 0;
  for (const auto& change : change_set.changes) out += change.bytes ? change.bytes->size() : 0;
  return out;
}

}  // namespace

std::uint64_t entries(const Collection& collection) {
  if (const auto* tree = collection.tree()) return tree->apps().size();
  if (const auto* table = collection.table()) return table->size();
  return 0;
}

source::FilesOptions files_options(source::FilesOptions options, const CollectionSpec& spec,
                                   const publish::Loader& loader) {
  options.directory = spec.directory;
  options.accepts = [&loader](std::string_view name) { return loader.accepts(name); };
  return options;
}

Feed::Feed(const CollectionSpec& spec, Publisher& publisher, publish::LastGood& last_good,
           const InstanceOptions& options, const Clock& clock, Notices notices)
    : spec_(spec),
      publisher_(publisher),
      last_good_(last_good),
      observer_(options.on_rejection),
      clock_(clock),
      notices_(std::move(notices)),
      progress_(clock, progress_report(options, spec.name)),
      loader_(publish::make_loader(spec, publisher.account(), progress_)) {}

void Feed::start(const source::FilesOptions& options) {
  auto source = source::watch_files(files_options(options, spec_, *loader_), *this, clock_);
  const std::lock_guard lock(mutex_);
  source_ = std::move(source);
}

void Feed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  progress_.stop();  // what that refuses is nobody's business any more
}

void Feed::rescan() {
  const std::lock_guard lock(mutex_);
  if (source_ && !stopping_) source_->rescan();
}

publish::Progress::Report Feed::progress_report(const InstanceOptions& options,
                                                const std::string& name) {
  if (!options.on_progress) return {};
  return [report = options.on_progress, name](const publish::Progress::State& state) {
    try {
      report(name, state);
    } catch (...) {  // an observer's trouble is its own
    }
  };
}

/// Commits as soon as something is published: what comes after may find no memory.
std::optional<Feed::Refusal> Feed::publish(source::ChangeSet change_set) {
  auto loaded =
      loader_->load(std::move(change_set), current_collection(publisher_.view(), spec_.name));
  if (!loaded) return Refusal{std::move(loaded.error()), false};
  std::optional<publish::Candidate> candidate = *std::move(loaded);
  for (int offer = 1; candidate; ++offer) {
    auto result = publisher_.submit_and_wait(*std::move(candidate));
    if (result) break;
    if (result.error().code != ErrorCode::kStaleBase || offer == kOffersMax) {
      return Refusal{Errors{std::move(result.error())}, true};
    }
    candidate = loader_->again(current_collection(publisher_.view(), spec_.name));
  }
  loader_->commit();
  return std::nullopt;
}

/// What is refused leaves nothing behind on the account, where it would stand in others' way.
std::optional<Feed::Refusal> Feed::try_publish(source::ChangeSet change_set) {
  std::optional<Refusal> refusal;
  try {
    refusal = publish(std::move(change_set));
    if (refusal) loader_->discard();
  } catch (const std::exception& error) {  // no memory: what is served stays
    loader_->discard();
    const std::string message = std::string("cannot build: ") + error.what();
    refusal = Refusal{Errors{{ErrorCode::kInternal, message, {}, {}}}, true};
  }
  return refusal;
}

/// Much is loaded on a thread of its own, whose priority can be lowered: readers come first. Not
/// where nothing is served yet. The source waits: it must not look while it is undecided.
std::optional<Feed::Refusal> Feed::publish_large(source::ChangeSet change_set) {
  std::optional<Refusal> refusal;
  if (current_collection(publisher_.view(), spec_.name).loaded()) {
    std::exception_ptr
        failure;  // no memory even for a refusal: for offer() to see, not for the end
    std::thread([&] {
      lower_thread_priority();
      try {
        refusal = try_publish(std::move(change_set));
      } catch (...) {
        failure = std::current_exception();
      }
    }).join();
    if (failure) std::rethrow_exception(failure);
  } else {
    refusal = try_publish(std::move(change_set));
  }
  notices_.large_load();
  return refusal;
}

/// A directory that a mount or a copy has yet to fill looks like one without files. With a
/// last-known-good it is taken for that.
bool Feed::is_hollow(const source::ChangeSet& change_set) const {
  return change_set.initial && last_good_.marks().seconds(spec_.name) &&
         std::ranges::none_of(change_set.changes,
                              [](const auto& change) { return change.bytes.has_value(); });
}

bool Feed::offer(source::ChangeSet change_set) {
  bool retry = true;
  try {
    if (is_hollow(change_set)) {
      note(refused_, Errors{{ErrorCode::kUnavailable,
                             "the directory has no files, but the last-known-good has data",
                             {spec_.directory, 0, 0, {}},
                             "put the files there; if none are meant to be, stop and remove "
                             "last-good.db from data_dir"}});
      return false;
    }
    const bool large = bytes_of(change_set) >= kLargeLoadBytes;
    const std::optional<Refusal> refusal =
        large ? publish_large(std::move(change_set)) : try_publish(std::move(change_set));
    {
      const std::lock_guard lock(mutex_);
      retry_at_ = Time::max();
      unreadable_.reset();
      if (!refusal) refused_.reset();
    }
    if (!refusal) {
      last_good_.source_read(spec_.name);
      retry_delay_ = kRetryFirst;
      return true;
    }
    note(refused_, refusal->errors);
    retry = refusal->retry;
  } catch (const std::exception&) {  // no memory even for the message
  }
  if (retry) retry_later();
  return false;
}

void Feed::unreadable(const Errors& errors) {
  if (!errors.empty()) {
    note(unreadable_, errors);
    return;
  }
  const std::lock_guard lock(mutex_);
  unreadable_.reset();
}

/// Keeps a rejection; the same one again is neither counted nor told.
void Feed::note(std::optional<Rejection>& place, const Errors& errors) noexcept {
  try {
    const bool loaded = current_collection(publisher_.view(), spec_.name).loaded();
    const Rejection rejection{spec_.name, clock_.wall(), errors, loaded};
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || same_errors(place, errors)) return;
      place = last_ = rejection;
      ++rejections_;
    }
    if (observer_) observer_(rejection);
  } catch (...) {  // an observer's trouble is its own; without memory there is nobody to tell
  }
}

/// The files are as they should be: nothing in the directory will say when to try again. Waiting
/// for it here would keep the source from seeing that they have changed after all.
void Feed::retry_later() {
  {
    const std::lock_guard lock(mutex_);
    retry_at_ = clock_.steady() + retry_delay_;
  }
  retry_delay_ = std::min(2 * retry_delay_, kRetryMax);
  notices_.retry_set();
}

Time Feed::retry(Time now) {
  const std::lock_guard lock(mutex_);
  if (now >= retry_at_ && source_ && !stopping_) {
    retry_at_ = Time::max();
    source_->rescan();
  }
  return retry_at_;
}

CollectionStatus Feed::status(const snapshot::Snapshot& snapshot) const {
  const Collection& collection = *snapshot.find(spec_.name);
  CollectionStatus out;
  out.name = spec_.name;
  out.kind = spec_.kind;
  out.loaded = collection.loaded();
  out.stale_seconds = last_good_.marks().seconds(spec_.name);
  out.changed_at = collection.changed_at;
  out.entries = entries(collection);
  out.content_hash = collection.content_hash();
  out.load = progress_.state();
  out.records_parsed = progress_.parsed();
  const std::lock_guard lock(mutex_);
  if (source_) out.source = source_->state();
  out.rejections = rejections_;
  out.current_rejection = unreadable_ ? unreadable_ : refused_;
  out.last_rejection = last_;
  return out;
}

}  // namespace lull
