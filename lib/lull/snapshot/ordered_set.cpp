#include "lull/snapshot/ordered_set.h"

namespace lull::snapshot {

KeyGroup::KeyGroup(Directory<KeyLeaf>::Children leaves, std::shared_ptr<MemoryAccount> account)
    : leaves_(std::move(leaves)),
      first_key_(leaves_.children().front()->first_key()),
      charge_(std::move(account), sizeof(KeyGroup) + leaves_.memory_bytes()) {}

OrderedSet::OrderedSet(std::shared_ptr<MemoryAccount> account, Directory<KeyGroup>::Children groups)
    : account_(std::move(account)),
      groups_(std::move(groups)),
      charge_(account_, sizeof(OrderedSet) + groups_.memory_bytes()) {}

std::size_t OrderedSet::size() const noexcept {
  std::size_t out = 0;
  for (const auto& group : groups_.children()) {
    for (const auto& leaf : group->leaves().children()) out += leaf->size();
  }
  return out;
}

OrderedSet::Cursor OrderedSet::seek(std::string_view key) const {
  Cursor cursor;
  if (groups_.empty()) return cursor;
  cursor.set_ = this;
  cursor.group_number_ = groups_.find(key);
  const Directory<KeyLeaf>& leaves = groups_.children()[cursor.group_number_]->leaves();
  cursor.leaf_number_ = leaves.find(key);
  cursor.leaf_ = leaves.children()[cursor.leaf_number_].get();
  cursor.behind_ = cursor.leaf_->seek(key, cursor.key_);
  if (cursor.behind_.number > cursor.leaf_->size()) cursor.settle();
  return cursor;
}

void OrderedSet::Cursor::next() {
  if (behind_.number < leaf_->size()) {
    leaf_->read(behind_, key_);
  } else {
    settle();
  }
}

/// Goes on to the first key of the next leaf.
void OrderedSet::Cursor::settle() {
  const auto& groups = set_->groups_.children();
  if (++leaf_number_ == groups[group_number_]->leaves().children().size()) {
    leaf_number_ = 0;
    if (++group_number_ == groups.size()) {
      leaf_ = nullptr;
      return;
    }
  }
  leaf_ = groups[group_number_]->leaves().children()[leaf_number_].get();
  behind_ = leaf_->begin();
  leaf_->read(behind_, key_);
}

Hash128 OrderedSet::shape() const {
  std::string bytes;
  for (const auto& group : groups_.children()) {
    bytes += 'g';
    for (const auto& leaf : group->leaves().children()) {
      bytes += 'l' + std::to_string(leaf->size()) + ':';
      bytes += leaf->first_key();
    }
  }
  return hash128(bytes);
}

}  // namespace lull::snapshot
