#include "lull/instance.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "lull/base/housekeeping.h"
#include "lull/feed.h"
#include "lull/publish/loader.h"

namespace lull {
namespace {

using publish::CollectionSpec;
using publish::Publisher;
using snapshot::Collection;

/// How often it is seen whether what a large load replaced was freed.
constexpr std::chrono::milliseconds kRestInterval{100};
constexpr int kRestLooksMax = 50;

using Time = Clock::Steady;

class InstanceImpl final : public Instance {
 public:
  InstanceImpl(InstanceOptions options, std::shared_ptr<const Clock> clock,
               std::unique_ptr<Publisher> publisher)
      : options_(std::move(options)),
        clock_(std::move(clock)),
        last_good_(options_.publisher.data_dir, options_.collections, *clock_,
                   [this](const publish::LastGoodEvent& event) { tell_last_good(event); }),
        publisher_(std::move(publisher)) {
    if (options_.on_publication) publisher_->observe(options_.on_publication);
    publisher_->observe([this](const publish::Publication&) {
      const std::lock_guard lock(mutex_);
      loaded_.notify_all();
    });
    publisher_->observe(
        [this](const publish::Publication& p) { last_good_.published(p.collection); });
    last_good_.serve(*publisher_);
    try {
      start();
    } catch (...) {  // no memory, no thread: what looks at the publisher ends before it
      publisher_->stop();
      feeds_.clear();
      last_good_.stop();
      throw;  // Allowed: on its way from the standard library to the caller
    }
  }

  /// First nothing waits for the writer any more, then the sources end, what was published is kept
  /// for the next start, then everything is freed.
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
    last_good_.stop();
  }

  [[nodiscard]] const publish::PublishedView& view() const noexcept override {
    return publisher_->view();
  }
  [[nodiscard]] const publish::StaleMarks& stale_marks() const noexcept override {
    return last_good_.marks();
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
  void start() {
    for (const CollectionSpec& spec : options_.collections) {
      feeds_.push_back(std::make_unique<Feed>(
          spec, *publisher_, last_good_, options_, *clock_,
          Feed::Notices{[this] { wake_retries(); }, [this] { release_memory_soon(); }}));
    }
    for (const auto& feed : feeds_) feed->start(options_.files);
    retries_ = std::thread([this] { run_retries(); });
  }
  void run_retries();
  [[nodiscard]] Time release_memory(Time now, std::unique_lock<std::mutex>& lock);
  /// With the lock, so that it does not come between a look at the feeds and the wait after it.
  void wake_retries() {
    const std::lock_guard lock(mutex_);
    retry_set_.notify_one();
  }
  void tell_last_good(const publish::LastGoodEvent& event) {
    // Much may have been freed: whoever gives memory back is to look.
    if (event.kind == publish::LastGoodEvent::Kind::kKept) wake_retries();
    if (options_.on_last_good) options_.on_last_good(event);
  }
  void release_memory_soon() {
    const std::lock_guard lock(mutex_);
    release_due_ = true;
    release_looks_ = kRestLooksMax;
    retry_set_.notify_one();
  }

  const InstanceOptions options_;
  const std::shared_ptr<const Clock> clock_;
  mutable std::mutex mutex_;
  std::condition_variable retry_set_;       // with mutex_
  bool stopping_ = false;                   // guarded by mutex_
  bool release_due_ = false;                // likewise: a large load has ended
  int release_looks_ = 0;                   // likewise: so many more for what it replaced
  std::uint64_t bytes_seen_ = 0;            // the retry thread: published data at its last look
  mutable std::condition_variable loaded_;  // with mutex_: some collection was published
  publish::LastGood last_good_;             // before publisher_, whose thread calls it to the end
  const std::unique_ptr<Publisher> publisher_;
  std::vector<std::unique_ptr<Feed>> feeds_;  // fixed after construction
  std::thread retries_;                       // has feeds retry, and gives memory back
};

/// Free memory goes back to the kernel after a large load, once what it replaced is freed too, and
/// where much was freed later, as an old revision is. Returns when to look again.
Time InstanceImpl::release_memory(Time now, std::unique_lock<std::mutex>& lock) {
  const std::uint64_t bytes = publisher_->account()->bytes();
  const std::uint64_t before = std::exchange(bytes_seen_, bytes);
  const bool at_rest = bytes == before && publisher_->stats().reclaimer.pending == 0;
  if (release_looks_ > 0 && --release_looks_ > 0 && !at_rest) return now + kRestInterval;
  const bool due = std::exchange(release_due_, false);
  release_looks_ = 0;
  if (!due && bytes + kLargeLoadBytes > before) return now + kRetryMax;
  lock.unlock();
  release_free_memory();
  lock.lock();
  return now + kRetryMax;
}

void InstanceImpl::run_retries() {
  lower_thread_priority();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Time now = clock_->steady();
    Time next = release_memory(now, lock);
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
