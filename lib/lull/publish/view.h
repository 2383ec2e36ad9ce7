// What is published: the current snapshot and the retained ones before it.
#pragma once

#include <string_view>
#include <vector>

#include "lull/base/memory_account.h"
#include "lull/rcu/pin.h"
#include "lull/rcu/published.h"
#include "lull/snapshot/snapshot.h"

namespace lull::publish {

/// The object behind the one pointer that readers follow. It holds each of its snapshots; the
/// reclaimer destroys it after a grace period, and only then are these holds dropped. So a snapshot
/// that a reader found through a view cannot lose its last hold before that reader's section ends,
/// which is what makes taking a Pin there safe.
/// Threads: any, without synchronisation.  Lifetime: a read section.
class View final : public rcu::Reclaimable {
 public:
  /// `newest_first` has at least one element; the first is the current snapshot. `charge` lives as
  /// long as the view: what a publication costs besides its data, so that even the smallest ones
  /// count towards snapshot_bytes_alive_max.
  explicit View(std::vector<rcu::Pin<snapshot::Snapshot>> newest_first,
                MemoryAccount::Charge charge = {});

  [[nodiscard]] const snapshot::Snapshot& current() const noexcept {
    return *newest_first_.front();
  }
  /// The current or a retained snapshot; null if there is none of this revision.
  [[nodiscard]] const snapshot::Snapshot* find(const Revision& revision) const noexcept;
  [[nodiscard]] const std::vector<rcu::Pin<snapshot::Snapshot>>& newest_first() const noexcept {
    return newest_first_;
  }

#if defined(LULL_MUTANT_COUNT_BEFORE_GRACE)
  void drop_counts_early() noexcept {
    for (auto& pin : newest_first_) pin.drop_count_early();
  }
#endif

 private:
  std::vector<rcu::Pin<snapshot::Snapshot>> newest_first_;
  MemoryAccount::Charge charge_;
};

using PublishedView = rcu::Published<View>;

/// A collection as it is now, with a hold on its data. `name` is declared. Threads: any that may
/// begin a read section.
[[nodiscard]] inline snapshot::Collection current_collection(const PublishedView& view,
                                                             std::string_view name) {
  return view.read([name](const View& v) { return *v.current().find(name); });
}

}  // namespace lull::publish
