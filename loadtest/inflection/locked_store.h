// A map under std::shared_mutex.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <utility>

#include "store.h"

namespace lull::inflection {

template <class Map>
class LockedStore {
 public:
  struct Reader {
    explicit Reader(LockedStore&) {}
  };

  LockedStore(const Keys& keys, const Settings&) { fill(map_, keys); }

  template <class Use>
  bool read(Reader&, std::string_view key, Use use) {
    const std::shared_lock lock(mutex_);
    const auto found = map_.find(key);
    return found != map_.end() && use(found->second);
  }

  void write(std::string_view key, std::string value) {
    const std::unique_lock lock(mutex_);
    // The old value goes with the caller's string, after the lock.
    if (const auto found = map_.find(key); found != map_.end()) std::swap(found->second, value);
  }

 private:
  std::shared_mutex mutex_;
  Map map_;  // guarded by mutex_
};

}  // namespace lull::inflection
