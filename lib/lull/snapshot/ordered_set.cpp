#include "lull/snapshot/ordered_set.h"

namespace lull::snapshot {

OrderedSet::OrderedSet(std::shared_ptr<MemoryAccount> account)
    : OrderedSet(std::move(account), {}, 0) {}

OrderedSet::OrderedSet(std::shared_ptr<MemoryAccount> account, KeyDirectory<KeyGroup> groups,
                       std::size_t size)
    : account_(std::move(account)),
      groups_(std::move(groups)),
      size_(size),
      charge_(account_, sizeof(OrderedSet) + groups_.memory_bytes()) {}

OrderedSet::Cursor OrderedSet::seek(std::string_view key) const {
  Cursor cursor;
  if (groups_.empty()) return cursor;
  cursor.set_ = this;
  cursor.group_number_ = groups_.find(key);
  const KeyDirectory<KeyLeaf>& leaves = groups_.children()[cursor.group_number_]->leaves();
  cursor.leaf_number_ = leaves.find(key);
  if (!cursor.reader_.seek(*leaves.children()[cursor.leaf_number_], key)) cursor.next_leaf();
  return cursor;
}

void OrderedSet::Cursor::next_leaf() {
  const auto& groups = set_->groups_.children();
  if (++leaf_number_ == groups[group_number_]->leaves().children().size()) {
    leaf_number_ = 0;
    if (++group_number_ == groups.size()) {
      set_ = nullptr;
      return;
    }
  }
  reader_.begin(*groups[group_number_]->leaves().children()[leaf_number_]);
}

Hash128 OrderedSet::layout_hash() const {
  std::string parts;
  for (const auto& group : groups_.children()) {
    parts += 'g';
    for (const auto& leaf : group->leaves().children()) {
      for (const std::string_view part : {leaf->first_key(), leaf->tail()}) {
        const auto hex = hash128(part).hex();
        parts.append(hex.data(), hex.size());
      }
      parts += leaf->boundary().leaf ? 'l' : 'c';
    }
  }
  return hash128(parts);
}

}  // namespace lull::snapshot
