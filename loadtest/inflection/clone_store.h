// An immutable map behind std::atomic<std::shared_ptr>, cloned for each write.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "store.h"

namespace lull::inflection {

template <class Map>
class CloneStore {
 public:
  struct Reader {
    explicit Reader(CloneStore&) {}
  };

  CloneStore(const Keys& keys, const Settings&) {
    auto first = std::make_shared<Map>();
    fill(*first, keys);
    map_.store(std::move(first));
  }

  template <class Use>
  bool read(Reader&, std::string_view key, Use use) {
    const std::shared_ptr<const Map> map = map_.load();
    const auto found = map->find(key);
    return found != map->end() && use(found->second);
  }

  void write(std::string_view key, const std::string& value) {
    // Two clones at once would be one in vain.
    const std::lock_guard lock(writer_);
    auto next = std::make_shared<Map>(*map_.load());
    if (const auto found = next->find(key); found != next->end()) found->second = value;
    map_.store(std::move(next));
  }

 private:
  std::mutex writer_;
  std::atomic<std::shared_ptr<const Map>> map_;  // replaced under writer_
};

}  // namespace lull::inflection
