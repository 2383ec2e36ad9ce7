// One collection's way from its source to the publisher.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lull/instance.h"
#include "lull/publish/last_good.h"
#include "lull/publish/loader.h"
#include "lull/source/source.h"

namespace lull {

/// Change sets of this size and more are loaded with low priority once something is served, and
/// leave free memory behind that is worth giving back.
inline constexpr std::uint64_t kLargeLoadBytes = 8U << 20U;
/// What was refused for a reason outside the data is offered again after this long at most.
inline constexpr std::chrono::seconds kRetryMax{30};

/// What a page of the collection lists.
[[nodiscard]] std::uint64_t entries(const snapshot::Collection& collection);

/// The options of a collection's source. Lifetime: the loader outlives them.
[[nodiscard]] source::FilesOptions files_options(source::FilesOptions options,
                                                 const publish::CollectionSpec& spec,
                                                 const publish::Loader& loader);

/// Threads: offer and unreadable on the source's; the rest from any.
class Feed final : public source::Sink {
 public:
  struct Notices {
    std::function<void()> retry_set;   ///< The time of retry() has become an earlier one.
    std::function<void()> large_load;  ///< One has ended, whether it was published or not.
  };
  /// Lifetime: publisher, last_good, options and clock outlive this.
  Feed(const publish::CollectionSpec& spec, publish::Publisher& publisher,
       publish::LastGood& last_good, const InstanceOptions& options, const Clock& clock,
       Notices notices);

  void start(const source::FilesOptions& options);
  /// From now on nothing is rejected or offered again any more, and a load ends soon.
  void stop();
  void rescan();
  /// Has the source offer again what was refused, if it is time. Returns when it will be.
  Clock::Steady retry(Clock::Steady now);

  bool offer(source::ChangeSet change_set) override;
  void unreadable(const Errors& errors) override;
  [[nodiscard]] CollectionStatus status(const snapshot::Snapshot& snapshot) const;

 private:
  struct Refusal {
    Errors errors;
    bool retry = false;  ///< Not for what the files say: the same may be accepted later.
  };

  [[nodiscard]] static publish::Progress::Report progress_report(const InstanceOptions& options,
                                                                 const std::string& name);
  [[nodiscard]] bool is_hollow(const source::ChangeSet& change_set) const;
  [[nodiscard]] std::optional<Refusal> publish(source::ChangeSet change_set);
  [[nodiscard]] std::optional<Refusal> try_publish(source::ChangeSet change_set);
  [[nodiscard]] std::optional<Refusal> publish_large(source::ChangeSet change_set);
  void note(std::optional<Rejection>& place, const Errors& errors) noexcept;
  void retry_later();

  const publish::CollectionSpec spec_;
  publish::Publisher& publisher_;
  publish::LastGood& last_good_;
  const std::function<void(const Rejection&)>& observer_;  // may be empty
  const Clock& clock_;
  const Notices notices_;
  publish::Progress progress_;
  const std::unique_ptr<publish::Loader> loader_;  // the source's thread; accepts() from any
  std::chrono::seconds retry_delay_{1};            // the source's thread

  mutable std::mutex mutex_;  // guards what follows
  bool stopping_ = false;
  Clock::Steady retry_at_ = Clock::Steady::max();
  std::optional<Rejection> refused_;     // the data, as last offered
  std::optional<Rejection> unreadable_;  // the source, as last looked at
  std::optional<Rejection> last_;
  std::uint64_t rejections_ = 0;
  std::unique_ptr<source::Source> source_;  // last: stops before the rest goes
};

}  // namespace lull
