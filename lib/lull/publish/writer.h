// The writer's side of publishing: the current view and the way to the next one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "lull/base/clock.h"
#include "lull/base/memory_account.h"
#include "lull/publish/publisher.h"
#include "lull/publish/retention.h"
#include "lull/publish/revision_log.h"
#include "lull/publish/view.h"

namespace lull::publish {

/// Owns the view, the reclaimer and the revision log, and makes each step from one view to the
/// next. Threads: one, which calls bind() first; view(), reclaimer() and on_writer() from any.
class Writer {
 public:
  /// The first view: no data, the log's last epoch, number 0.
  Writer(const PublisherOptions& options, const std::vector<CollectionSpec>& collections,
         std::unique_ptr<RevisionLog> log, std::shared_ptr<MemoryAccount> account,
         const Clock& clock);
  /// Frees everything. No pin may be left.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Makes the calling thread the writer.
  void bind() noexcept { thread_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
  /// From any thread. Relaxed: a thread that sees its own id has stored it itself.
  [[nodiscard]] bool on_writer() const noexcept {
    return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  /// Whether the candidate fits the declared collections and is based on what is current.
  [[nodiscard]] Result<void> check(const Candidate& candidate) const;

  /// Checks, builds the next view completely, makes its revision durable, swaps. On error nothing
  /// has changed. The swap is the last step and cannot fail.
  [[nodiscard]] Result<Publication> publish(Candidate candidate);

  /// Lets go of retained revisions that are too old.
  void expire();
  /// Lets go of all retained revisions.
  void drop_retained();

  [[nodiscard]] bool has_retained() const noexcept { return !retained_.empty(); }
  [[nodiscard]] std::size_t retained_revisions() const noexcept { return retained_.size(); }
  /// Whether nothing but the current view and its snapshot is left alive.
  [[nodiscard]] bool only_current_alive() const noexcept;

  [[nodiscard]] const PublishedView& view() const noexcept { return view_; }
  [[nodiscard]] const rcu::Reclaimer& reclaimer() const noexcept { return reclaimer_; }

 private:
  using SnapshotPin = rcu::Pin<snapshot::Snapshot>;

  [[nodiscard]] std::unique_ptr<View> first_view(const std::vector<CollectionSpec>& collections);
  [[nodiscard]] std::unique_ptr<View> make_view(SnapshotPin current, std::size_t keep,
                                                std::size_t held_from);
  void retain(std::size_t keep);

  const RetentionLimits limits_;
  const Clock& clock_;
  const std::shared_ptr<MemoryAccount> account_;
  const std::unique_ptr<RevisionLog> log_;
  rcu::Reclaimer reclaimer_;
  std::uint64_t objects_made_ = 0;  // writer: views and snapshots, to compare with what was freed
  PublishedView view_;
  std::vector<Retained> retained_;  // writer: of the view's snapshots after the first, in order
  std::atomic<std::thread::id> thread_{};  // bind()
};

}  // namespace lull::publish
