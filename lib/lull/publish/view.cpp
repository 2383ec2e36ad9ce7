#include "lull/publish/view.h"

#include <algorithm>
#include <cassert>

namespace lull::publish {

View::View(std::vector<rcu::Pin<snapshot::Snapshot>> newest_first, MemoryAccount::Charge charge)
    : newest_first_(std::move(newest_first)), charge_(std::move(charge)) {
  assert(!newest_first_.empty());
}

const snapshot::Snapshot* View::find(const Revision& revision) const noexcept {
  const auto found = std::ranges::find_if(
      newest_first_, [&](const auto& held) { return held->revision() == revision; });
  return found == newest_first_.end() ? nullptr : &**found;
}

}  // namespace lull::publish
