#include "lull/snapshot/lineage.h"

#include <cassert>
#include <iterator>

namespace lull::snapshot {

const Node* BirthHeap::melded(const Node* a, const Node* b) noexcept {
  if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
  if (a->born < b->born) std::swap(a, b);
  b->heap_sibling = a->heap_child;
  a->heap_child = b;
  return a;
}

const Node* BirthHeap::take() noexcept {
  const Node* const out = top_;
  const Node* pairs = nullptr;  // children melded two by two, the last pair first
  for (const Node* child = out->heap_child; child != nullptr;) {
    const Node* const second = child->heap_sibling;
    const Node* const next = second == nullptr ? nullptr : second->heap_sibling;
    child->heap_sibling = nullptr;
    if (second != nullptr) second->heap_sibling = nullptr;
    const Node* const pair = melded(child, second);
    pair->heap_sibling = pairs;
    pairs = pair;
    child = next;
  }
  top_ = nullptr;
  while (pairs != nullptr) {
    const Node* const next = pairs->heap_sibling;
    pairs->heap_sibling = nullptr;
    top_ = melded(top_, pairs);
    pairs = next;
  }
  return out;
}

Lineage::Lineage(std::shared_ptr<MemoryAccount> account) : charge_(std::move(account), 0) {}

Lineage::~Lineage() {
  assert(living_.empty());
}

Lineage::Work::~Work() {
  for (const Node* node : made) Node::free(node);
}

std::uint64_t Lineage::next_version(std::uint64_t base) const {
  const std::lock_guard lock(mutex_);
  const bool is_latest = living_.empty() || living_.rbegin()->first == base;
  return is_latest ? base + 1 : 0;
}

bool Lineage::begin(Work& work, std::uint64_t base) {
  const std::lock_guard lock(mutex_);
  if (!living_.empty() && living_.rbegin()->first != base) return false;
  BirthHeap& notes = living_[work.version];
  for (const Node* node : work.replaced) notes.add(node);
  for (const Node* node : work.made) bytes_ += node->block_bytes;
  work.made.clear();
  charge_.resize(bytes_);
  return true;
}

void Lineage::free(const Node* node) noexcept {
  bytes_ -= node->block_bytes;
  Node::free(node);
}

void Lineage::end(std::uint64_t version, Child root) noexcept {
  const std::lock_guard lock(mutex_);
  const auto dying = living_.find(version);
  assert(dying != living_.end());
  std::uint64_t before = dying == living_.begin() ? 0 : std::prev(dying)->first;
  const auto after = std::next(dying);
  if (after == living_.end()) {
    // The latest version: what it noted lives on in the one before it, if there is one.
    free_born_after(root, before);
  } else {
#if defined(LULL_MUTANT_FREED_ONE_VERSION_EARLY)
    if (before != 0) --before;
#endif
    BirthHeap& notes = after->second;
    while (notes.top() != nullptr && notes.top()->born > before) free(notes.take());
    notes.meld(dying->second);
  }
  living_.erase(dying);
  charge_.resize(bytes_);
}

/// What is older than a branch cannot lead to what is younger: only what was made since is walked.
void Lineage::free_born_after(Child root, std::uint64_t version) noexcept {
  if (root.empty()) return;
  const Node* const node = root.is_shard() ? static_cast<const Node*>(root.shard())
                                           : static_cast<const Node*>(root.branch());
  if (node->born <= version) return;
  if (root.is_shard()) {
    root.shard()->for_each([&](const StoredRecord&, const LargeValue* large) {
      if (large != nullptr && large->born > version) free(large);
    });
  } else {
    for (const Child child : root.branch()->child_list()) free_born_after(child, version);
  }
  free(node);
}

}  // namespace lull::snapshot
