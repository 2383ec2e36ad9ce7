#include "lull/snapshot/branch.h"

#include <algorithm>
#include <new>

namespace lull::snapshot {

Subtree Branch::Draft::finish(std::uint64_t born, std::string& scratch) const {
  assert(used_ == kSlots);
  Subtree out;
  scratch.assign(1, 'B');  // no shard's bytes begin so
  std::size_t slot = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t begin = slot;
    while (slot < kSlots && slots_[slot] == i) ++slot;
    scratch += static_cast<char>(std::countr_zero(slot - begin));
    scratch.append(reinterpret_cast<const char*>(subtrees_[i].hash.bytes.data()),
                   subtrees_[i].hash.bytes.size());
    out.totals += subtrees_[i].totals;
  }
  out.hash = sha256(scratch);

  const std::size_t bytes =
      sizeof(Branch) + count_ * (sizeof(Child) + sizeof(Totals) + sizeof(Sha256));
  auto* const branch = new (Node::allocate(bytes)) Branch;
  branch->born = born;
  branch->block_bytes = static_cast<std::uint32_t>(bytes);
  branch->kind = Kind::kBranch;
  branch->count = static_cast<std::uint16_t>(count_);
  branch->slots_ = slots_;
  for (std::size_t i = 0; i < count_; ++i) {
    new (const_cast<Child*>(branch->children()) + i) Child(subtrees_[i].child);
    new (const_cast<Totals*>(branch->totals()) + i) Totals(subtrees_[i].totals);
    new (const_cast<Sha256*>(branch->hashes()) + i) Sha256(subtrees_[i].hash);
  }
  out.child = Child(branch);
  return out;
}

}  // namespace lull::snapshot
