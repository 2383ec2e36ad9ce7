#include "lull/instance.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "lull/base/housekeeping.h"
#include "lull/publish/loader.h"

namespace lull {
namespace {

using publish::CollectionSpec;
using publish::Publisher;
using snapshot::Collection;

/// A collection is written by its source alone, so its base changes under a build only when a
/// program publishes by itself; then offering again once or twice is enough.
constexpr int kOffersMax = 3;
/// What was refused for a reason outside the data (disk full, no memory, no room) is offered again
/// after the first, then after twice as long each time.
constexpr std::chrono::seconds kRetryFirst{1};
constexpr std::chrono::seconds kRetryMax{30};
/// How often it is seen whether what a large load replaced was freed.
constexpr std::chrono::milliseconds kRestInterval{100};

/// Change sets of this size and more are loaded with low priority once something is served, and
/// leave free memory behind that is worth giving back.
constexpr std::uint64_t kLargeBytes = 8U << 20U;

using RejectionObserver = std::function<void(const Rejection&)>;
using Time = Clock::Steady;

struct Refusal {
  Errors errors;
  bool retry = false;  ///< Not for what the files say: the same may be accepted later.
};

bool same_errors(const std::optional<Rejection>& last, const Errors& errors) {
  return last && std::ranges::equal(last->errors, errors, {}, &Error::text, &Error::text);
}

Collection current(const publish::PublishedView& view, const std::string& name) {
  return view.read([&](const publish::View& v) { return *v.current().find(name); });
}

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

std::uint64_t bytes_of(const source::ChangeSet& change_set) {
  std::uint64_t out = 0;
  for (const auto& change : change_set.changes) out += change.bytes ? change.bytes->size() : 0;
  return out;
}

/// One collection's way from its source to the publisher.
/// Threads: offer and unreadable on the source's; the rest from any.
class Feed final : public source::Sink {
 public:
  struct Notices {
    std::function<void()> retry_set;   ///< The time of retry() has become an earlier one.
    std::function<void()> large_load;  ///< One has ended, whether it was published or not.
  };
  Feed(const CollectionSpec& spec, Publisher& publisher, const InstanceOptions& options,
       const Clock& clock, Notices notices)
      : spec_(spec),
        publisher_(publisher),
        observer_(options.on_rejection),
        clock_(clock),
        notices_(std::move(notices)),
        progress_(clock, progress_report(options, spec.name)),
        loader_(publish::make_loader(spec, publisher.account(), progress_)) {}

  void start(const source::FilesOptions& options) {
    auto source = source::watch_files(files_options(options, spec_, *loader_), *this, clock_);
    const std::lock_guard lock(mutex_);
    source_ = std::move(source);
  }

  /// From now on nothing is rejected or offered again any more.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }

  void rescan() {
    const std::lock_guard lock(mutex_);
    if (source_ && !stopping_) source_->rescan();
  }

  /// Has the source offer again what was refused, if it is time. Returns when it will be.
  Time retry(Time now);

  bool offer(source::ChangeSet change_set) override;
  void unreadable(const Errors& errors) override;
  [[nodiscard]] CollectionStatus status(const snapshot::Snapshot& snapshot) const;

 private:
  [[nodiscard]] static publish::Progress::Report progress_report(const InstanceOptions& options,
                                                                 const std::string& name);
  [[nodiscard]] std::optional<Refusal> publish(source::ChangeSet change_set);
  [[nodiscard]] std::optional<Refusal> try_publish(source::ChangeSet change_set);
  [[nodiscard]] std::optional<Refusal> publish_large(source::ChangeSet change_set);
  void note(std::optional<Rejection>& place, const Errors& errors) noexcept;
  void retry_later();

  const CollectionSpec spec_;
  Publisher& publisher_;
  const RejectionObserver& observer_;  // may be empty
  const Clock& clock_;
  const Notices notices_;
  publish::Progress progress_;
  const std::unique_ptr<publish::Loader> loader_;   // the source's thread; accepts() from any
  std::chrono::seconds retry_delay_ = kRetryFirst;  // the source's thread

  mutable std::mutex mutex_;  // guards what follows
  bool stopping_ = false;
  Time retry_at_ = Time::max();
  std::optional<Rejection> refused_;     // the data, as last offered
  std::optional<Rejection> unreadable_;  // the source, as last looked at
  std::optional<Rejection> last_;
  std::uint64_t rejections_ = 0;
  std::unique_ptr<source::Source> source_;  // last: stops before the rest goes
};

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
std::optional<Refusal> Feed::publish(source::ChangeSet change_set) {
  auto loaded = loader_->load(std::move(change_set), current(publisher_.view(), spec_.name));
  if (!loaded) return Refusal{std::move(loaded.error()), false};
  std::optional<publish::Candidate> candidate = *std::move(loaded);
  for (int offer = 1; candidate; ++offer) {
    auto result = publisher_.submit_and_wait(*std::move(candidate));
    if (result) break;
    if (result.error().code != ErrorCode::kStaleBase || offer == kOffersMax) {
      return Refusal{Errors{std::move(result.error())}, true};
    }
    candidate = loader_->again(current(publisher_.view(), spec_.name));
  }
  loader_->commit();
  return std::nullopt;
}

/// What is refused leaves nothing behind on the account, where it would stand in others' way.
std::optional<Refusal> Feed::try_publish(source::ChangeSet change_set) {
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
std::optional<Refusal> Feed::publish_large(source::ChangeSet change_set) {
  std::optional<Refusal> refusal;
  if (current(publisher_.view(), spec_.name).loaded()) {
    std::thread([&] {
      lower_thread_priority();
      refusal = try_publish(std::move(change_set));
    }).join();
  } else {
    refusal = try_publish(std::move(change_set));
  }
  notices_.large_load();
  return refusal;
}

bool Feed::offer(source::ChangeSet change_set) {
  bool retry = true;
  try {
    const bool large = bytes_of(change_set) >= kLargeBytes;
    const std::optional<Refusal> refusal =
        large ? publish_large(std::move(change_set)) : try_publish(std::move(change_set));
    {
      const std::lock_guard lock(mutex_);
      retry_at_ = Time::max();
      unreadable_.reset();
      if (!refusal) refused_.reset();
    }
    if (!refusal) {
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
    const bool loaded = current(publisher_.view(), spec_.name).loaded();
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

class InstanceImpl final : public Instance {
 public:
  InstanceImpl(InstanceOptions options, std::shared_ptr<const Clock> clock,
               std::unique_ptr<Publisher> publisher)
      : options_(std::move(options)), clock_(std::move(clock)), publisher_(std::move(publisher)) {
    if (options_.on_publication) publisher_->observe(options_.on_publication);
    publisher_->observe([this](const publish::Publication&) {
      const std::lock_guard lock(mutex_);
      loaded_.notify_all();
    });
    for (const CollectionSpec& spec : options_.collections) {
      feeds_.push_back(std::make_unique<Feed>(
          spec, *publisher_, options_, *clock_,
          Feed::Notices{[this] { wake_retries(); }, [this] { release_memory_soon(); }}));
    }
    for (const auto& feed : feeds_) feed->start(options_.files);
    retries_ = std::thread([this] { run_retries(); });
  }

  /// First nothing waits for the writer any more, then the sources end, then everything is freed.
  ~InstanceImpl() override {
    for (const auto& feed : feeds_) feed->stop();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    retry_set_.notify_one();
    retries_.join();
    publisher_->stop();
    feeds_.clear();
  }

  [[nodiscard]] const publish::PublishedView& view() const noexcept override {
    return publisher_->view();
  }
  [[nodiscard]] bool wait_until_loaded(std::chrono::milliseconds timeout) const override {
    std::unique_lock lock(mutex_);
    return loaded_.wait_for(lock, timeout, [this] {
      return read([](const snapshot::Snapshot& s) {
        return std::ranges::all_of(s.collections(), &Collection::loaded);
      });
    });
  }
  void rescan() override {
    for (const auto& feed : feeds_) feed->rescan();
  }
  [[nodiscard]] std::vector<CollectionStatus> collections(
      const snapshot::Snapshot& snapshot) const override {
    std::vector<CollectionStatus> out;
    out.reserve(feeds_.size());
    for (const auto& feed : feeds_) out.push_back(feed->status(snapshot));
    return out;
  }
  [[nodiscard]] const std::vector<CollectionSpec>& specs() const noexcept override {
    return options_.collections;
  }
  [[nodiscard]] const Publisher& publisher() const noexcept override { return *publisher_; }
  [[nodiscard]] Publisher& publisher() noexcept override { return *publisher_; }

 private:
  void run_retries();
  [[nodiscard]] Time release_memory(Time now);
  /// With the lock, so that it does not come between a look at the feeds and the wait after it.
  void wake_retries() {
    const std::lock_guard lock(mutex_);
    retry_set_.notify_one();
  }
  void release_memory_soon() {
    const std::lock_guard lock(mutex_);
    release_due_ = true;
    retry_set_.notify_one();
  }

  const InstanceOptions options_;
  const std::shared_ptr<const Clock> clock_;
  mutable std::mutex mutex_;
  std::condition_variable retry_set_;       // with mutex_
  bool stopping_ = false;                   // guarded by mutex_
  bool release_due_ = false;                // likewise: a large load has ended
  std::uint64_t bytes_seen_ = 0;            // the retry thread: published data at its last look
  mutable std::condition_variable loaded_;  // with mutex_: some collection was published
  const std::unique_ptr<Publisher> publisher_;
  std::vector<std::unique_ptr<Feed>> feeds_;  // fixed after construction
  std::thread retries_;                       // has feeds retry, and gives memory back
};

/// With the lock. Free memory goes back to the kernel after a large load, once what it replaced is
/// freed too, and where much was freed later, as an old revision is. Returns when to look again.
Time InstanceImpl::release_memory(Time now) {
  const std::uint64_t bytes = publisher_->account()->bytes();
  const std::uint64_t before = std::exchange(bytes_seen_, bytes);
  const bool at_rest = bytes == before && publisher_->stats().reclaimer.pending == 0;
  if (release_due_ && !at_rest) return now + kRestInterval;
  if (!release_due_ && bytes + kLargeBytes > before) return now + kRetryMax;
  release_due_ = false;
  mutex_.unlock();
  release_free_memory();
  mutex_.lock();
  return now + kRetryMax;
}

void InstanceImpl::run_retries() {
  lower_thread_priority();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Time now = clock_->steady();
    Time next = release_memory(now);
    for (const auto& feed : feeds_) next = std::min(next, feed->retry(now));
    retry_set_.wait_for(lock, next - now);
  }
}

}  // namespace

Result<std::unique_ptr<Instance>> Instance::open(InstanceOptions options,
                                                 std::shared_ptr<const Clock> clock) {
  auto publisher = Publisher::open(options.publisher, options.collections, *clock);
  if (!publisher) return tl::make_unexpected(std::move(publisher.error()));
  return std::make_unique<InstanceImpl>(std::move(options), std::move(clock),
                                        *std::move(publisher));
}

CheckReport check(const InstanceOptions& options) {
  CheckReport out;
  for (const CollectionSpec& spec : options.collections) {
    publish::Progress progress;
    const auto loader = publish::make_loader(spec, std::make_shared<MemoryAccount>(), progress);
    const auto add = [&out](Errors errors) {
      std::ranges::move(errors, std::back_inserter(out.errors));
    };
    CheckReport::Collection summary{spec.name, 0, 0};
    auto files = source::read_files(files_options(options.files, spec, *loader));
    if (!files) {
      add(std::move(files.error()));
    } else {
      summary.files = files->changes.size();
      Collection collection{spec.name, spec.kind, std::monostate{}, {}};
      if (auto loaded = loader->load(*std::move(files), collection); !loaded) {
        add(std::move(loaded.error()));
      } else {
        std::visit([&](auto& data) { collection.data = std::move(data); }, (*loaded)->data);
        summary.entries = entries(collection);
      }
    }
    out.collections.push_back(std::move(summary));
  }
  return out;
}

}  // namespace lull
