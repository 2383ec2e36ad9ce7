// Merges changes into a map. Two writers stand in a row: entries become leaves, leaves become
// groups. Each takes single elements, and whole finished ones of the base where nothing changed.
// What was taken whole may turn out to go on (the boundary behind it was removed): then it is
// opened again.
#include <cassert>

#include "lull/snapshot/ordered_map.h"

namespace lull::snapshot {
namespace {

class GroupWriter {
 public:
  explicit GroupWriter(const OrderedMap::Options& options) : options_(options) {}

  [[nodiscard]] bool empty() const noexcept { return leaves_.empty() && groups_.empty(); }

  void add(std::shared_ptr<const Leaf> leaf) {
    if (leaf->boundary().group) {
      flush();
    } else {
      reopen();
    }
    leaves_.push_back(std::move(leaf));
  }

  void share(const std::shared_ptr<const Group>& group) {
    flush();
    groups_.push_back(group);
  }

  /// Takes back the leaf that was added last.
  std::shared_ptr<const Leaf> take_back() {
    reopen();
    std::shared_ptr<const Leaf> leaf = std::move(leaves_.back());
    leaves_.pop_back();
    return leaf;
  }

  [[nodiscard]] const Leaf& last() const noexcept {
    return leaves_.empty() ? *groups_.back()->leaves().children().back() : *leaves_.back();
  }

  Directory<Group>::Children finish() {
    flush();
    return std::move(groups_);
  }

 private:
  void flush() {
    if (leaves_.empty()) return;
    leaves_.shrink_to_fit();
    groups_.push_back(
        std::make_shared<Group>(std::exchange(leaves_, {}), options_.hashed, options_.account));
  }

  void reopen() {
    if (!leaves_.empty() || groups_.empty()) return;
    leaves_ = groups_.back()->leaves().children();
    groups_.pop_back();
  }

  const OrderedMap::Options& options_;
  Directory<Leaf>::Children leaves_;  // of the group that is being written
  Directory<Group>::Children groups_;
};

class LeafWriter {
 public:
  explicit LeafWriter(const OrderedMap::Options& options) : options_(options), groups_(options) {}

  void add(const Entry& entry) {
    if (begins_leaf(entry, Boundary::of(entry))) {
      flush();
    } else if (entries_.empty()) {
      reopen();
    }
    entries_.push_back(entry);
    weight_bytes_ += entry.weight_bytes();
  }

  /// Takes the base's leaf as it is, if its first entry begins a leaf here too.
  [[nodiscard]] bool share(const std::shared_ptr<const Leaf>& leaf) {
    if (!begins_leaf(leaf->entry(0), leaf->boundary())) return false;
    flush();
    groups_.add(leaf);
    return true;
  }

  /// Takes a group of the base as it is. Every group but the first begins with a boundary, and the
  /// first is only shared when nothing was put before it.
  void share(const std::shared_ptr<const Group>& group) {
    flush();
    assert(groups_.empty() || group->leaves().children().front()->boundary().group);
    groups_.share(group);
  }

  Directory<Group>::Children finish() {
    flush();
    return groups_.finish();
  }

 private:
  [[nodiscard]] bool begins_leaf(const Entry& entry, Boundary boundary) const noexcept {
    if (boundary.leaf || (entries_.empty() && groups_.empty())) return true;
    const std::size_t size = entries_.empty() ? groups_.last().size() : entries_.size();
    const std::size_t bytes = entries_.empty() ? groups_.last().weight_bytes() : weight_bytes_;
    return size + 1 > Boundary::kLeafEntriesMax ||
           bytes + entry.weight_bytes() > Boundary::kLeafBytesMax;
  }

  void flush() {
    if (entries_.empty()) return;
    groups_.add(Leaf::make(entries_, options_.hashed, options_.account));
    entries_.clear();
    weight_bytes_ = 0;
  }

  /// Goes on with the last leaf. It is one of the base, which keeps the bytes of its entries alive:
  /// a leaf that was written here is only flushed when the next one begins.
  void reopen() {
    const std::shared_ptr<const Leaf> leaf = groups_.take_back();
    for (std::size_t i = 0; i < leaf->size(); ++i) entries_.push_back(leaf->entry(i));
    weight_bytes_ = leaf->weight_bytes();
  }

  const OrderedMap::Options& options_;
  GroupWriter groups_;
  std::vector<Entry> entries_;    // of the leaf that is being written
  std::size_t weight_bytes_ = 0;  // of entries_
};

/// The changes that are still to come, and the merge of those in a leaf's range.
class Merge {
 public:
  Merge(std::span<const OrderedMap::Change> changes, LeafWriter& out)
      : changes_(changes), out_(out) {}

  /// Whether there is a change before `end` (nothing: the end of the map).
  [[nodiscard]] bool touches(std::optional<std::string_view> end) const noexcept {
    return !changes_.empty() && (!end || changes_.front().entry.key < *end);
  }

  void merge(const Leaf& leaf, std::optional<std::string_view> end) {
    for (std::size_t i = 0; i < leaf.size(); ++i) {
      const Entry entry = leaf.entry(i);
      while (touches(entry.key)) take_change();
      if (!changes_.empty() && changes_.front().entry.key == entry.key) {
        take_change();
      } else {
        out_.add(entry);
      }
    }
    rest(end);
  }

  void rest(std::optional<std::string_view> end) {
    while (touches(end)) take_change();
  }

 private:
  void take_change() {
    const OrderedMap::Change& change = changes_.front();
    if (!change.remove) out_.add(change.entry);
    changes_ = changes_.subspan(1);
  }

  std::span<const OrderedMap::Change> changes_;
  LeafWriter& out_;
};

/// Where the range of child `number` ends.
template <class Child>
std::optional<std::string_view> range_end(const std::vector<std::shared_ptr<const Child>>& children,
                                          std::size_t number,
                                          std::optional<std::string_view> end) noexcept {
  if (number + 1 == children.size()) return end;
  return children[number + 1]->first_key();
}

}  // namespace

std::shared_ptr<const OrderedMap> OrderedMap::apply(const OrderedMap& base,
                                                    std::span<const Change> changes) {
  LeafWriter out(base.options_);
  Merge merge(changes, out);
  const auto& groups = base.groups_.children();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto group_end = range_end(groups, g, std::nullopt);
    if (!merge.touches(group_end)) {
      out.share(groups[g]);
      continue;
    }
    const auto& leaves = groups[g]->leaves().children();
    for (std::size_t l = 0; l < leaves.size(); ++l) {
      const auto leaf_end = range_end(leaves, l, group_end);
      if (!merge.touches(leaf_end) && out.share(leaves[l])) continue;
      merge.merge(*leaves[l], leaf_end);
    }
  }
  merge.rest(std::nullopt);
  return std::shared_ptr<const OrderedMap>(new OrderedMap(base.options_, out.finish()));
}

}  // namespace lull::snapshot
