#include "lull/snapshot/ordered_map.h"

namespace lull::snapshot {
namespace {

template <class Child>
Sha256 hash_of(const std::vector<std::shared_ptr<const Child>>& children) {
  Sha256Stream stream;
  for (const auto& child : children) stream.field(child->content_hash());
  return stream.finish();
}

}  // namespace

Group::Group(Directory<Leaf>::Children leaves, bool hashed, std::shared_ptr<MemoryAccount> account)
    : leaves_(std::move(leaves)),
      charge_(std::move(account), sizeof(Group) + leaves_.memory_bytes()) {
  for (const auto& leaf : leaves_.children()) size_ += leaf->size();
  if (hashed) content_hash_ = hash_of(leaves_.children());
}

OrderedMap::OrderedMap(Options options, Directory<Group>::Children groups)
    : options_(std::move(options)),
      groups_(std::move(groups)),
      charge_(options_.account, sizeof(OrderedMap) + groups_.memory_bytes()) {
  for (const auto& group : groups_.children()) size_ += group->size();
  if (options_.hashed) content_hash_ = hash_of(groups_.children());
}

OrderedMap::Cursor OrderedMap::seek(std::string_view key) const noexcept {
  Cursor cursor;
  if (groups_.empty()) return cursor;
  cursor.map_ = this;
  cursor.group_number_ = groups_.find(key);
  const Directory<Leaf>& leaves = groups_.children()[cursor.group_number_]->leaves();
  cursor.leaf_number_ = leaves.find(key);
  cursor.leaf_ = leaves.children()[cursor.leaf_number_].get();
  cursor.entry_number_ = cursor.leaf_->lower_bound(key);
  cursor.settle();
  return cursor;
}

void OrderedMap::Cursor::next() noexcept {
  ++entry_number_;
  settle();
}

/// Moves from behind the last entry of a leaf to the next leaf.
void OrderedMap::Cursor::settle() noexcept {
  if (entry_number_ < leaf_->size()) return;
  entry_number_ = 0;
  const auto& groups = map_->groups_.children();
  if (++leaf_number_ == groups[group_number_]->leaves().children().size()) {
    leaf_number_ = 0;
    if (++group_number_ == groups.size()) {
      leaf_ = nullptr;
      return;
    }
  }
  leaf_ = groups[group_number_]->leaves().children()[leaf_number_].get();
}

}  // namespace lull::snapshot
