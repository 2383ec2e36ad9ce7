// The single writer: decides about candidates, swaps the view, tells who listens.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lull/base/clock.h"
#include "lull/base/error.h"
#include "lull/base/histogram.h"
#include "lull/base/memory_account.h"
#include "lull/publish/collection_spec.h"
#include "lull/publish/view.h"

namespace lull::publish {

/// A collection's next data, completely built, and the revision of the collection it is based on.
struct Candidate {
  std::string collection;
  Revision base;  ///< The collection's changed_at when building began.
  std::variant<std::shared_ptr<const snapshot::Tree>, std::shared_ptr<const snapshot::Table>> data;
  std::string summary;  ///< What changed, for the log: `2 documents changed: payment, search`.
  /// What the base holds and this does not: what keeping the base readable costs. An estimate, for
  /// retained_bytes_max only; snapshot_bytes_alive_max goes by the account.
  std::uint64_t replaced_bytes = 0;
  bool restored = false;  ///< See snapshot::Collection.
};

/// Told to observers after each publication.
struct Publication {
  Revision revision;
  Revision previous;
  std::string collection;
  std::string summary;
  Sha256 content_hash;
  double seconds = 0;  ///< On the writer thread: base check, durable record, swap.
};

struct PublisherOptions {
  std::string data_dir;  ///< Empty: nothing is kept, every start takes a new epoch.
  std::size_t retained_revisions_max = 16;
  std::chrono::seconds retained_age_max{3600};
  std::uint64_t retained_bytes_max = 256ULL << 20U;
  /// Bytes of published data alive, old revisions and pins included. Beyond it retained revisions
  /// go first, then old pins (pressure()), then publishing waits and a gauge says so. Candidates
  /// under construction, one for each collection, count too: building does not wait, so they may go
  /// beyond the limit, and while others are being built one may be refused that fits later.
  std::uint64_t snapshot_bytes_alive_max = 2ULL << 30U;
  std::size_t queue_depth_max = 64;  ///< Candidates that nobody waits for, waiting for the writer.
};

/// Owns the published view, the writer thread and the reclaimer.
/// Threads: all members from any, except where said.  Lifetime: outlives every reader and pin.
class Publisher {
 public:
  using Observer = std::function<void(const Publication&)>;
  using Done = std::function<void(Result<Revision>)>;

  /// Publishes an empty first view (number 0, all collections `not_loaded`), opens data_dir.
  /// Errors: data_dir cannot be used: not a directory, not writable, held by another process,
  /// written by a newer version, corrupt; each with what to do.
  [[nodiscard]] static Result<std::unique_ptr<Publisher>> open(
      PublisherOptions options, const std::vector<CollectionSpec>& collections, const Clock& clock);

  /// Stops the writer (queued candidates fail with kUnavailable), then frees everything.
  virtual ~Publisher() = default;

  [[nodiscard]] virtual const PublishedView& view() const noexcept = 0;

  /// Queues a candidate; never blocks. `done` is called once, after the observers: with the
  /// revision it became, or kStaleBase if the collection has changed since `base`, kLimit if the
  /// queue is full or current data and all that is under construction do not fit into
  /// snapshot_bytes_alive_max together (the same candidate may fit later),
  /// kUnavailable after stop() or if the revision cannot be made durable (nothing is published
  /// then). It is called on the writer thread; a refusal by a full queue or after stop() comes on
  /// the caller's, at once.
  virtual void submit(Candidate candidate, Done done) = 0;

  /// The same, and waits. A full queue does not refuse it: there is one such candidate for each
  /// waiting thread. Not on the writer thread (from an observer or a Done): kInvalid, at once,
  /// instead of a deadlock.
  [[nodiscard]] virtual Result<Revision> submit_and_wait(Candidate candidate) = 0;

  /// Called on the writer thread after every publication, in order; it may read and submit(). What
  /// it throws is counted and goes no further.
  virtual void observe(Observer observer) = 0;

  /// Where builders charge what they build.
  [[nodiscard]] virtual const std::shared_ptr<MemoryAccount>& account() const noexcept = 0;

  /// From now on nothing is published: queued and later candidates fail with kUnavailable, one that
  /// waits for memory too. Reads go on. Call it before what may be waiting in submit_and_wait().
  virtual void stop() noexcept = 0;

  /// True while publishing waits for bytes alive to fall below the limit: old pins should be let
  /// go.
  [[nodiscard]] virtual bool pressure() const noexcept = 0;

  struct Stats {
    std::uint64_t publications = 0;
    std::uint64_t stale_refusals = 0;
    std::uint64_t observer_failures = 0;  ///< Observers that threw.
    HistogramCounts publish_duration;
    std::uint64_t snapshots_alive = 0;
    std::uint64_t snapshot_bytes_alive = 0;
    std::uint64_t retained_revisions = 0;
    bool waiting_for_memory = false;  ///< The alarm: publishing waits for readers to let go.
    rcu::Reclaimer::Stats reclaimer;
  };
  [[nodiscard]] virtual Stats stats() const = 0;
};

}  // namespace lull::publish
