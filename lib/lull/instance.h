// Lull in one object: sources, loaders, publisher. What lulld serves and what a program embeds:
//
//   lull::InstanceOptions options;
//   options.collections = {{.name = "config", .directory = "/etc/shop/config"}};
//   auto instance = lull::Instance::open(std::move(options));
//   if (!instance || !(*instance)->wait_until_loaded(std::chrono::seconds(5))) return 1;
//   std::string url = (*instance)->read([](const lull::snapshot::Snapshot& s) {
//     const auto& doc = *s.find("config")->tree()->effective("payment", {});
//     return std::string(doc.text(doc.find("db/url").value()));
//   });
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lull/publish/last_good.h"
#include "lull/publish/progress.h"
#include "lull/publish/publisher.h"
#include "lull/source/files.h"

namespace lull {

/// A refused change, or a source that cannot be read.
struct Rejection {
  std::string collection;
  Clock::Wall time;
  Errors errors;        ///< Never empty.
  bool loaded = false;  ///< Something good is still served; false: nothing was loaded yet.
};

struct InstanceOptions {
  std::vector<publish::CollectionSpec> collections;
  publish::PublisherOptions publisher;
  /// Timing of all file sources; directory and accepts are set from each collection.
  source::FilesOptions files;
  /// Both are told everything from the first load on.
  /// Called on the writer thread after every publication; it may read, and submit to the publisher.
  publish::Publisher::Observer on_publication;
  /// Called on a source's thread for each rejection, not again for the same errors.
  std::function<void(const Rejection&)> on_rejection;
  /// Called on a loader's thread every few seconds while a load goes on that takes so long.
  std::function<void(const std::string& collection, const publish::Progress::State&)> on_progress;
  /// Called for what becomes of each collection's last-known-good, on several threads.
  publish::LastGood::Observer on_last_good;
};

/// What status and metrics say of a collection.
struct CollectionStatus {
  std::string name;
  snapshot::CollectionKind kind = snapshot::CollectionKind::kTree;
  bool loaded = false;
  /// Served from the last-known-good: so long ago its source gave this data. Nothing once its
  /// source was read.
  std::optional<std::int64_t> stale_seconds;
  Revision changed_at;
  std::uint64_t entries = 0;  ///< What a page of it lists: apps of a tree, records of a table.
  Sha256 content_hash;
  source::SourceState source;
  publish::Progress::State load;     ///< The one that goes on now.
  std::uint64_t records_parsed = 0;  ///< Or documents, since the start; unchanged ones are not.
  std::uint64_t rejections = 0;      ///< Since the start.
  std::optional<Rejection> current_rejection;  ///< What keeps the source from being served now.
  std::optional<Rejection> last_rejection;
};

/// Threads: all members from any.  Lifetime: outlives every reader and pin.
class Instance {
 public:
  /// Opens data_dir, serves what was served before (the last-known-good, marked as stale) and
  /// starts all sources; loading goes on in the background.
  [[nodiscard]] static Result<std::unique_ptr<Instance>> open(
      InstanceOptions options,
      std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>());

  virtual ~Instance() = default;

  [[nodiscard]] virtual const publish::PublishedView& view() const noexcept = 0;

  /// Calls `f(const snapshot::Snapshot&)` with the current snapshot inside a read section.
  template <class F>
  auto read(F&& f) const {
    return view().read([&f](const publish::View& v) { return std::forward<F>(f)(v.current()); });
  }

  /// Holds the current snapshot for longer than a section.
  [[nodiscard]] rcu::Pin<snapshot::Snapshot> pin() const {
    return view().pin(
        [](const publish::View& v) -> const snapshot::Snapshot& { return v.current(); });
  }

  /// Which collections are served from the last-known-good.
  [[nodiscard]] virtual const publish::StaleMarks& stale_marks() const noexcept = 0;

  /// False if not every collection was loaded in time, be it from the last-known-good.
  [[nodiscard]] virtual bool wait_until_loaded(std::chrono::milliseconds timeout) const = 0;

  /// All sources look at everything again.
  virtual void rescan() = 0;

  /// The collections as declared, their data as of this snapshot: one that the caller pins, or
  /// reads within a section. (A copy of its shared parts could be the last, and free a table on the
  /// caller's thread.) Sources and rejections are as of now.
  [[nodiscard]] virtual std::vector<CollectionStatus> collections(
      const snapshot::Snapshot& snapshot) const = 0;
  [[nodiscard]] virtual const std::vector<publish::CollectionSpec>& specs() const noexcept = 0;
  [[nodiscard]] virtual const publish::Publisher& publisher() const noexcept = 0;
  /// For programs that publish by themselves beside the sources.
  [[nodiscard]] virtual publish::Publisher& publisher() noexcept = 0;
};

/// Reads and builds everything once, offline, without watching or publishing: every error of every
/// collection, empty if all is well. What `lulld --check` and `lullctl check` run.
struct CheckReport {
  Errors errors;
  struct Collection {
    std::string name;
    std::uint64_t files = 0;
    std::uint64_t entries = 0;  ///< As in CollectionStatus.
  };
  std::vector<Collection> collections;
};
[[nodiscard]] CheckReport check(const InstanceOptions& options);

}  // namespace lull
