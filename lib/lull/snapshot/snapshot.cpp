#include "lull/snapshot/snapshot.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <utility>

namespace lull::snapshot {
namespace {

std::atomic<std::size_t> alive_count{0};  // any thread; a count, so relaxed

Sha256 hash_of(const std::vector<Collection>& collections) {
  Sha256Stream stream;
  for (const Collection& collection : collections) {
    stream.field(collection.name).field(collection.content_hash());
  }
  return stream.finish();
}

}  // namespace

const Tree* Collection::tree() const noexcept {
  const auto* held = std::get_if<std::shared_ptr<const Tree>>(&data);
  return held == nullptr ? nullptr : held->get();
}

const Table* Collection::table() const noexcept {
  const auto* held = std::get_if<std::shared_ptr<const Table>>(&data);
  return held == nullptr ? nullptr : held->get();
}

Sha256 Collection::content_hash() const {
  if (const Tree* held = tree()) return held->content_hash();
  if (const Table* held = table()) return held->content_hash();
  return {};
}

Snapshot::Snapshot(rcu::Reclaimer& reclaimer, Revision revision, Clock::Wall time,
                   std::vector<Collection> collections)
    : Pinnable(reclaimer),
      revision_(revision),
      revision_text_(revision.text()),
      time_(time),
      collections_(std::move(collections)) {
  std::ranges::sort(collections_, {}, &Collection::name);
  assert(std::ranges::adjacent_find(collections_, {}, &Collection::name) == collections_.end());
  content_hash_ = hash_of(collections_);
  alive_count.fetch_add(1, std::memory_order_relaxed);
}

Snapshot::~Snapshot() {
  alive_count.fetch_sub(1, std::memory_order_relaxed);
}

const Collection* Snapshot::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(collections_, name, &Collection::name);
  return found == collections_.end() ? nullptr : &*found;
}

std::size_t Snapshot::alive() noexcept {
  return alive_count.load(std::memory_order_relaxed);
}

}  // namespace lull::snapshot
