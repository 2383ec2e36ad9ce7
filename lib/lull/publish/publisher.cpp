#include "lull/publish/publisher.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <thread>

#include "lull/base/key.h"
#include "lull/publish/revision_log.h"
#include "lull/publish/writer.h"

namespace lull::publish {
namespace {

using std::chrono::milliseconds;

/// How often the writer looks whether a retained revision has become too old.
constexpr milliseconds kExpiryInterval{200};
/// How often a writer that waits for memory looks whether there is enough.
constexpr milliseconds kMemoryInterval{5};
/// So many looks are given to the grace period of the retained revisions before pins are cut.
constexpr std::int64_t kGraceLooks = 4;
/// Over the limit with nothing old left alive and nothing freed for this long: waiting is in vain.
constexpr milliseconds kInVain{500};

Error unavailable() {
  return {ErrorCode::kUnavailable, "the publisher is stopping", {}, {}};
}

class PublisherImpl final : public Publisher {
 public:
  PublisherImpl(const PublisherOptions& options, const std::vector<CollectionSpec>& collections,
                std::unique_ptr<RevisionLog> log, const Clock& clock)
      : options_(options),
        writer_(options, collections, std::move(log), account_, clock),
        thread_([this] { run(); }) {}
  ~PublisherImpl() override {
    stop();
    thread_.join();
  }

  [[nodiscard]] const PublishedView& view() const noexcept override { return writer_.view(); }
  void submit(Candidate candidate, Done done) override;
  [[nodiscard]] Result<Revision> submit_and_wait(Candidate candidate) override;
  void observe(Observer observer) override;
  void stop() noexcept override;
  [[nodiscard]] const std::shared_ptr<MemoryAccount>& account() const noexcept override {
    return account_;
  }
  [[nodiscard]] bool pressure() const noexcept override {
    return pressure_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] Stats stats() const override;

 private:
  struct Item {
    Candidate candidate;
    Done done;
  };
  using Observers = std::vector<Observer>;

  void queue(Candidate candidate, Done done, std::size_t depth_max);
  void run();
  [[nodiscard]] std::optional<Item> next();
  void decide(Item item);
  [[nodiscard]] Result<Revision> publish(Candidate candidate);
  [[nodiscard]] Result<void> wait_for_memory();
  [[nodiscard]] Result<void> wait_for_readers();
  void tell(const Publication& publication);
  static void finish(const Done& done, Result<Revision> result) noexcept;
  [[nodiscard]] bool over_limit() const noexcept {
    return account_->bytes() > options_.snapshot_bytes_alive_max;
  }

  const PublisherOptions options_;
  const std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  Writer writer_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_; set once
  std::shared_ptr<const Observers> observers_ = std::make_shared<Observers>();  // mutex_; replaced

  std::atomic<bool> pressure_{false};                 // writer; read by any, as a hint
  std::atomic<std::uint64_t> publications_{0};        // writer
  std::atomic<std::uint64_t> stale_refusals_{0};      // writer
  std::atomic<std::uint64_t> retained_revisions_{0};  // writer
  std::atomic<std::uint64_t> observer_failures_{0};   // writer
  Histogram publish_duration_{kWorkSeconds};
  std::thread thread_;  // last: everything else is there when it starts
};

void PublisherImpl::submit(Candidate candidate, Done done) {
  queue(std::move(candidate), std::move(done), options_.queue_depth_max);
}

void PublisherImpl::queue(Candidate candidate, Done done, std::size_t depth_max) {
  Error refusal = unavailable();
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && queue_.size() < depth_max) {
      queue_.push_back({std::move(candidate), std::move(done)});
      wake_.notify_all();
      return;
    }
    if (!stopping_) {
      refusal = {
          ErrorCode::kLimit,
          "queue_depth_max of " + std::to_string(depth_max) + " candidates wait for the writer",
          {},
          "offer the change again later"};
    }
  }
  finish(done, tl::make_unexpected(std::move(refusal)));
}

Result<Revision> PublisherImpl::submit_and_wait(Candidate candidate) {
  if (writer_.on_writer()) {
    return fail(ErrorCode::kInvalid, "submit_and_wait on the writer thread would wait for itself",
                {}, "use submit");
  }
  struct Decision {
    std::mutex mutex;
    std::condition_variable made;
    std::optional<Result<Revision>> result;  // guarded by mutex
  };
  const auto decision = std::make_shared<Decision>();  // shared: notify may outlast this call
  const auto decide = [decision](Result<Revision> result) {
    const std::lock_guard lock(decision->mutex);
    decision->result = std::move(result);
    decision->made.notify_one();
  };
  queue(std::move(candidate), decide, std::numeric_limits<std::size_t>::max());
  std::unique_lock lock(decision->mutex);
  decision->made.wait(lock, [&] { return decision->result.has_value(); });
  return *std::move(decision->result);
}

void PublisherImpl::observe(Observer observer) {
  const std::lock_guard lock(mutex_);
  auto next = std::make_shared<Observers>(*observers_);
  next->push_back(std::move(observer));
  observers_ = std::move(next);
}

void PublisherImpl::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

void PublisherImpl::run() {
  writer_.bind();
  while (std::optional<Item> item = next()) decide(*std::move(item));
  std::deque<Item> rest;
  {
    const std::lock_guard lock(mutex_);
    rest.swap(queue_);
  }
  for (const Item& item : rest) finish(item.done, tl::make_unexpected(unavailable()));
}

/// Waits for work; nothing when stopping. Old revisions go meanwhile, without waiting for a write.
std::optional<PublisherImpl::Item> PublisherImpl::next() {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return stopping_ || !queue_.empty(); };
  while (!ready()) {
    if (!writer_.has_retained()) {
      wake_.wait(lock, ready);
    } else if (!wake_.wait_for(lock, kExpiryInterval, ready)) {
      lock.unlock();
      try {
        writer_.expire();
      } catch (const std::bad_alloc&) {  // nothing has changed; the next look tries again
      }
      retained_revisions_.store(writer_.retained_revisions(), std::memory_order_relaxed);
      lock.lock();
    }
  }
  if (stopping_) return std::nullopt;
  Item item = std::move(queue_.front());
  queue_.pop_front();
  return item;
}

void PublisherImpl::decide(Item item) {
  Result<Revision> result = tl::make_unexpected(unavailable());
  try {
    result = publish(std::move(item.candidate));
  } catch (const std::exception& error) {  // no memory: nothing was swapped
    result = fail(ErrorCode::kInternal, std::string("cannot publish: ") + error.what());
  }
  finish(item.done, std::move(result));
}

Result<Revision> PublisherImpl::publish(Candidate candidate) {
  assert(writer_.on_writer());
  auto published =
      writer_.check(candidate).and_then([this] { return wait_for_memory(); }).and_then([&] {
        return writer_.publish(std::move(candidate));
      });
  retained_revisions_.store(writer_.retained_revisions(), std::memory_order_relaxed);
  if (!published) {
    if (published.error().code == ErrorCode::kStaleBase) {
      stale_refusals_.fetch_add(1, std::memory_order_relaxed);
    }
    return tl::make_unexpected(std::move(published.error()));
  }
  publications_.fetch_add(1, std::memory_order_relaxed);
  publish_duration_.observe(published->seconds);
  tell(*published);
  return published->revision;
}

/// The candidate's bytes are on the account already: what is over the limit is over it with them.
Result<void> PublisherImpl::wait_for_memory() {
  if (!over_limit()) return {};
  writer_.drop_retained();
  struct Relief {
    std::atomic<bool>& pressure;
    ~Relief() { pressure.store(false, std::memory_order_relaxed); }
  };
  const Relief relief{pressure_};  // also when there is no memory to say what is wrong
  return wait_for_readers();
}

Result<void> PublisherImpl::wait_for_readers() {
  const std::int64_t in_vain_max = kInVain / kMemoryInterval;
  std::int64_t looks = 0;
  std::uint64_t least = account_->bytes();
  std::int64_t in_vain = 0;  // looks in a row at which nothing old was alive and nothing was freed
  std::unique_lock lock(mutex_);
  while (over_limit()) {
    if (stopping_) return tl::make_unexpected(unavailable());
    const std::uint64_t bytes = account_->bytes();
    in_vain = writer_.only_current_alive() && bytes >= least ? in_vain + 1 : 0;
    least = std::min(least, bytes);
    if (in_vain > in_vain_max) {
      return fail(ErrorCode::kLimit,
                  "current and new data together hold " + std::to_string(bytes) +
                      " bytes, more than snapshot_bytes_alive_max of " +
                      std::to_string(options_.snapshot_bytes_alive_max),
                  {}, "raise snapshot_bytes_alive_max, or publish less data");
    }
    if (++looks > kGraceLooks) pressure_.store(true, std::memory_order_relaxed);
    wake_.wait_for(lock, kMemoryInterval, [this] { return stopping_; });
  }
  return {};
}

void PublisherImpl::tell(const Publication& publication) {
  std::shared_ptr<const Observers> observers;
  {
    const std::lock_guard lock(mutex_);
    observers = observers_;
  }
  for (const Observer& observer : *observers) {
    try {
      observer(publication);
    } catch (...) {  // an observer's trouble is its own; the revision is published
      observer_failures_.fetch_add(1, std::memory_order_relaxed);
    }
  }
}

void PublisherImpl::finish(const Done& done, Result<Revision> result) noexcept {
  try {
    if (done) done(std::move(result));
  } catch (...) {  // the decision stands, whatever its receiver makes of it
  }
}

Publisher::Stats PublisherImpl::stats() const {
  Stats out;
  out.publications = publications_.load(std::memory_order_relaxed);
  out.stale_refusals = stale_refusals_.load(std::memory_order_relaxed);
  out.observer_failures = observer_failures_.load(std::memory_order_relaxed);
  out.publish_duration = publish_duration_.counts();
  out.snapshots_alive = snapshot::Snapshot::alive();
  out.snapshot_bytes_alive = account_->bytes();
  out.retained_revisions = retained_revisions_.load(std::memory_order_relaxed);
  out.waiting_for_memory = pressure();
  out.reclaimer = writer_.reclaimer().stats();
  return out;
}

Result<void> check_names(const std::vector<CollectionSpec>& collections) {
  std::set<std::string_view> names;
  for (const CollectionSpec& spec : collections) {
    if (!is_collection_name(spec.name)) {
      return fail(ErrorCode::kInvalid, "'" + spec.name + "' cannot name a collection", {},
                  "use [a-z][a-z0-9-]{0,62}");
    }
    if (!names.insert(spec.name).second) {
      return fail(ErrorCode::kDuplicate, "collection '" + spec.name + "' is declared twice");
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Publisher>> Publisher::open(PublisherOptions options,
                                                   const std::vector<CollectionSpec>& collections,
                                                   const Clock& clock) {
  if (const auto names = check_names(collections); !names) {
    return tl::make_unexpected(names.error());
  }
  return RevisionLog::open(options.data_dir)
      .map([&](std::unique_ptr<RevisionLog> log) -> std::unique_ptr<Publisher> {
        return std::make_unique<PublisherImpl>(options, collections, std::move(log), clock);
      });
}

}  // namespace lull::publish
