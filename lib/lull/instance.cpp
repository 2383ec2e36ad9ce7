#include "lull/instance.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "lull/publish/loader.h"

namespace lull {
namespace {

using publish::CollectionSpec;
using publish::Publisher;
using snapshot::Collection;

/// A collection is written by its source alone, so its base changes under a build only when a
/// program publishes by itself; then building again once or twice is enough.
constexpr int kBuildsMax = 3;
/// What was refused for a reason outside the data (disk full, no memory) is offered again after
/// this.
constexpr std::chrono::milliseconds kRetryDelay{1000};

using RejectionObserver = std::function<void(const Rejection&)>;

bool same_errors(const std::optional<Rejection>& last, const Errors& errors) {
  return last && std::ranges::equal(last->errors, errors, {}, &Error::text, &Error::text);
}

Collection current(const publish::PublishedView& view, const std::string& name) {
  return view.read([&](const publish::View& v) { return *v.current().find(name); });
}

std::uint64_t entries(const Collection& collection) {
  if (const auto* tree = collection.tree()) return tree->layers().size();
  if (const auto* table = collection.table()) return table->size();
  return 0;
}

source::FilesOptions files_options(source::FilesOptions options, const CollectionSpec& spec,
                                   const publish::Loader& loader) {
  options.directory = spec.directory;
  options.accepts = [&loader](std::string_view name) { return loader.accepts(name); };
  return options;
}

/// One collection's way from its source to the publisher.
/// Threads: offer and unreadable on the source's; the rest from any.
class Feed final : public source::Sink {
 public:
  Feed(const CollectionSpec& spec, Publisher& publisher, const RejectionObserver& observer,
       const Clock& clock)
      : spec_(spec),
        publisher_(publisher),
        observer_(observer),
        clock_(clock),
        loader_(publish::make_loader(spec, publisher.account())) {}

  void start(const source::FilesOptions& options) {
    auto source = source::watch_files(files_options(options, spec_, *loader_), *this, clock_);
    const std::lock_guard lock(mutex_);
    source_ = std::move(source);
  }

  /// From now on offers end quickly, and nothing is rejected any more.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }

  void rescan() {
    const std::lock_guard lock(mutex_);
    if (source_ && !stopping_) source_->rescan();
  }

  bool offer(source::ChangeSet change_set) override;
  void unreadable(const Errors& errors) override;
  [[nodiscard]] CollectionStatus status() const;

 private:
  [[nodiscard]] Checked<void> publish(const source::ChangeSet& change_set);
  void note(std::optional<Rejection>& place, const Errors& errors);
  void retry_later();

  const CollectionSpec spec_;
  Publisher& publisher_;
  const RejectionObserver& observer_;  // may be empty
  const Clock& clock_;
  const std::unique_ptr<publish::Loader> loader_;  // the source's thread; accepts() from any

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<Rejection> refused_;     // the data, as last offered
  std::optional<Rejection> unreadable_;  // the source, as last looked at
  std::optional<Rejection> last_;
  std::uint64_t rejections_ = 0;
  std::unique_ptr<source::Source> source_;  // last: stops before the rest goes
};

Checked<void> Feed::publish(const source::ChangeSet& change_set) {
  for (int build = 1;; ++build) {
    auto loaded = loader_->load(change_set, current(publisher_.view(), spec_.name));
    if (!loaded) return tl::make_unexpected(std::move(loaded.error()));
    if (!*loaded) return {};
    auto result = publisher_.submit_and_wait(**std::move(loaded));
    if (result) return {};
    if (result.error().code != ErrorCode::kStaleBase || build == kBuildsMax) {
      return tl::make_unexpected(Errors{std::move(result.error())});
    }
  }
}

bool Feed::offer(source::ChangeSet change_set) {
  Checked<void> result;
  try {
    result = publish(change_set);
  } catch (const std::exception& error) {  // no memory: what is served stays
    result = tl::make_unexpected(
        Errors{{ErrorCode::kInternal, std::string("cannot build: ") + error.what(), {}, {}}});
  }
  if (result) loader_->commit();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return result.has_value();
    unreadable_.reset();
    if (result) refused_.reset();
  }
  if (result) return true;
  note(refused_, result.error());
  const ErrorCode code = result.error().front().code;
  if (code == ErrorCode::kUnavailable || code == ErrorCode::kInternal) retry_later();
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
void Feed::note(std::optional<Rejection>& place, const Errors& errors) {
  const bool loaded = current(publisher_.view(), spec_.name).loaded();
  Rejection rejection{spec_.name, clock_.wall(), errors, loaded};
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || same_errors(place, errors)) return;
    place = last_ = rejection;
    ++rejections_;
  }
  if (!observer_) return;
  try {
    observer_(rejection);
  } catch (...) {  // an observer's trouble is its own
  }
}

/// The files are as they should be: nothing in the directory will say when to try again.
void Feed::retry_later() {
  std::unique_lock lock(mutex_);
  if (wake_.wait_for(lock, kRetryDelay, [this] { return stopping_; })) return;
  if (source_) source_->rescan();
}

CollectionStatus Feed::status() const {
  const Collection collection = current(publisher_.view(), spec_.name);
  CollectionStatus out;
  out.name = spec_.name;
  out.kind = spec_.kind;
  out.loaded = collection.loaded();
  out.changed_at = collection.changed_at;
  out.entries = entries(collection);
  out.content_hash = collection.content_hash();
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
      feeds_.push_back(std::make_unique<Feed>(spec, *publisher_, options_.on_rejection, *clock_));
    }
    for (const auto& feed : feeds_) feed->start(options_.files);
  }

  /// First nothing waits for the writer any more, then the sources end, then everything is freed.
  ~InstanceImpl() override {
    for (const auto& feed : feeds_) feed->stop();
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
  [[nodiscard]] std::vector<CollectionStatus> collections() const override {
    std::vector<CollectionStatus> out;
    out.reserve(feeds_.size());
    for (const auto& feed : feeds_) out.push_back(feed->status());
    return out;
  }
  [[nodiscard]] const std::vector<CollectionSpec>& specs() const noexcept override {
    return options_.collections;
  }
  [[nodiscard]] const Publisher& publisher() const noexcept override { return *publisher_; }
  [[nodiscard]] Publisher& publisher() noexcept override { return *publisher_; }

 private:
  const InstanceOptions options_;
  const std::shared_ptr<const Clock> clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable loaded_;  // with mutex_: some collection was published
  const std::unique_ptr<Publisher> publisher_;
  std::vector<std::unique_ptr<Feed>> feeds_;  // fixed after construction
};

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
    const auto loader = publish::make_loader(spec, std::make_shared<MemoryAccount>());
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
      if (auto loaded = loader->load(*files, collection); !loaded) {
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
