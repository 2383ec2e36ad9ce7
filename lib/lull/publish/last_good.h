// Serves at the start what was served before, and keeps for the next start what is served now.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lull/base/clock.h"
#include "lull/publish/good_parts.h"
#include "lull/publish/last_good_store.h"
#include "lull/publish/publisher.h"
#include "lull/publish/stale_marks.h"

namespace lull::publish {

/// What there is to say about a collection's last-known-good.
struct LastGoodEvent {
  enum class Kind : std::uint8_t {
    kServed,   ///< It is served, until the sources are read.
    kRefused,  ///< It cannot be: the sources alone are left.
    kHealed,   ///< The sources were read: what is served is not stale any more.
    kKept,     ///< What is served is in the file; older data that was held for it is let go.
    kNotKept,  ///< What is served could not be kept for the next start; it is tried again.
  };
  Kind kind = Kind::kServed;
  std::string collection;
  std::int64_t seconds = 0;  ///< kServed: its age.
  Revision revision;         ///< kServed: the new one that it was published as.
  Error error;               ///< kRefused, kNotKept.
};

/// Without a data directory it does nothing, and nothing is ever stale. A file that is damaged, or
/// that another version wrote, is put aside, and a new one begun.
/// Threads: one of its own writes in the background. published() and source_read() from any,
/// serve() and stop() from the one that owns it.  Lifetime: after stop() it holds no data.
/// Cost: a publication costs its caller a lock and a wake-up; the thread pays O(what changed).
class LastGood {
 public:
  using Observer = std::function<void(const LastGoodEvent&)>;

  /// `observer` is called on the thread of serve(), on its own and on that of source_read().
  LastGood(std::string data_dir, std::vector<CollectionSpec> collections, const Clock& clock,
           Observer observer);
  ~LastGood();
  LastGood(const LastGood&) = delete;
  LastGood& operator=(const LastGood&) = delete;

  /// Publishes, each as a new revision, what of the collections was kept and is whole, marked as
  /// stale; then begins to keep what is published. Before any source is read. Once.
  void serve(Publisher& publisher);

  /// A collection was published: it is to be kept. Does not wait for it.
  void published(const std::string& collection);
  /// A collection's sources gave what is served now.
  void source_read(const std::string& collection) noexcept;

  /// Keeps what is still to be kept, for two seconds at most, and ends the thread.
  void stop() noexcept;

  [[nodiscard]] const StaleMarks& marks() const noexcept { return marks_; }

 private:
  using Time = Clock::Steady;
  /// What the file holds of a collection; of the thread.
  struct Kept {
    CollectionData data;
    std::uint64_t parts = 0;
  };
  /// A collection that is to be kept.
  struct Due {
    Time when;
    Clock::Wall read;
    bool all = false;  ///< Rows are to be held against the data, not against what was kept.
  };

  using Dues = std::map<std::string, Due, std::less<>>;
  /// What a save has to do, and how many parts there are after it.
  struct Difference {
    std::vector<GoodPart> added;
    std::vector<Sha256> removed;
    std::uint64_t parts = 0;
  };

  [[nodiscard]] Result<void> open_store();
  void replace_store();
  void replace_damaged_store();
  [[nodiscard]] Result<void> serve_one(const CollectionSpec& spec, Publisher& publisher);
  void run();
  [[nodiscard]] Dues::node_type next();
  void add_due(const std::string& collection, Due due);
  void keep(const std::string& collection, const Due& due);
  [[nodiscard]] Result<void> try_keep(const CollectionSpec& spec, Clock::Wall read);
  [[nodiscard]] Result<Difference> difference(const CollectionSpec& spec,
                                              const CollectionData& data);
  [[nodiscard]] bool go_on() const;
  void tell(const LastGoodEvent& event) const noexcept;

  const std::vector<CollectionSpec> collections_;
  const Clock& clock_;
  const Observer observer_;  // may be empty
  StaleMarks marks_;
  const std::string data_dir_;                     // empty: nothing is kept
  std::unique_ptr<LastGoodStore> store_;           // serve(), then the thread's; null: to be opened
  Publisher* publisher_ = nullptr;                 // from serve() to stop()
  std::map<std::string, Kept, std::less<>> kept_;  // serve(), then the thread's
  std::set<std::string, std::less<>> damaged_;     // likewise: rows that hold nothing of use
  std::set<std::string, std::less<>> cleaned_;     // likewise: no unfinished save is in the file
  std::map<std::string, int, std::less<>> failures_;  // the thread's: in a row

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Dues due_;                     // guarded by mutex_
  std::optional<Time> stop_at_;  // guarded by mutex_; set once
  std::thread thread_;
};

}  // namespace lull::publish
