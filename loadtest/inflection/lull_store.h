// Lull: a snapshot::Table behind rcu::Published, changed by one writer.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "lull/base/clock.h"
#include "lull/rcu/published.h"
#include "lull/snapshot/table.h"
#include "store.h"
#include "write_queue.h"

namespace lull::inflection {

using TablePtr = std::shared_ptr<const snapshot::Table>;

/// The only call of TableBuilder::apply here. `newest` is its last result: what comes from an older
/// one would cost more.
inline TablePtr next_table(const TablePtr& newest,
                           const std::vector<snapshot::RecordChange>& changes) {
  return snapshot::TableBuilder::apply(newest, changes).value();
}

class LullStore {
 public:
  struct Reader {
    explicit Reader(LullStore&) {}
  };

  LullStore(const Keys& keys, const Settings& settings)
      : table_(first_table(keys, account_)),
        published_(std::make_unique<View>(table_), reclaimer_),
        queue_(settings.queue_max),
        writer_([this] { run(); }) {}
  ~LullStore() {
    queue_.close();
    writer_.join();
  }
  LullStore(const LullStore&) = delete;
  LullStore& operator=(const LullStore&) = delete;

  template <class Use>
  bool read(Reader&, std::string_view key, Use use) {
    const rcu::ReadSection section;
    const auto found = published_.get(section).table->find(key);
    return found && use(found->json);
  }

  /// Returns before the value is visible.
  void write(std::string_view key, std::string value) { queue_.push(key, std::move(value)); }

  /// Writes that readers see, or that a later one of their key within the same batch replaced.
  [[nodiscard]] std::uint64_t visible() const noexcept {
    return visible_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t publications() const noexcept {
    return publications_.load(std::memory_order_relaxed);
  }

 private:
  /// As the publisher has it: beyond this, publishing waits until readers let go.
  static constexpr std::uint64_t kAliveBytesMax = 1ULL << 30U;

  struct View final : rcu::Reclaimable {
    explicit View(TablePtr shown) : table(std::move(shown)) {}
    const TablePtr table;
  };

  static snapshot::RecordChange change(std::string_view key, std::string value) {
    return {std::string(key),
            snapshot::RecordInput{std::string(key), std::move(value), {}, std::nullopt}};
  }

  static TablePtr first_table(const Keys& keys, const std::shared_ptr<MemoryAccount>& account) {
    std::vector<snapshot::RecordChange> changes;
    changes.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      changes.push_back(change(keys[i], value_of(keys[i], 0)));
    }
    return next_table(snapshot::TableBuilder::empty({}, account), changes);
  }

  /// The writer: all that waits becomes one change set, the last write of a key counts.
  void run() {
    for (;;) {
      std::vector<WriteQueue::Write> writes = queue_.take();
      if (writes.empty()) return;
      const std::size_t count = writes.size();
      std::ranges::stable_sort(writes, {}, &WriteQueue::Write::key);
      std::vector<snapshot::RecordChange> changes;
      changes.reserve(count);
      for (std::size_t i = 0; i < count; ++i) {
        if (i + 1 < count && writes[i + 1].key == writes[i].key) continue;
        changes.push_back(change(writes[i].key, std::move(writes[i].value)));
      }
      table_ = next_table(table_, changes);
      published_.publish(std::make_unique<View>(table_));
      visible_.fetch_add(count, std::memory_order_relaxed);
      publications_.fetch_add(1, std::memory_order_relaxed);
      queue_.done(count);
      while (account_->bytes() > kAliveBytesMax) reclaimer_.drain();
    }
  }

  SystemClock clock_;
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  TablePtr table_;  // the writer's
  rcu::Reclaimer reclaimer_{clock_};
  rcu::Published<View> published_;
  WriteQueue queue_;
  std::atomic<std::uint64_t> visible_{0};       // the writer
  std::atomic<std::uint64_t> publications_{0};  // the writer
  std::thread writer_;
};

}  // namespace lull::inflection
