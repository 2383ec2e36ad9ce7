// Merges changes into a set. Two writers stand in a row: keys become leaves, leaves become
// groups. Each takes single elements, and whole finished ones of the base where nothing changed.
// What was taken whole may turn out to go on (the boundary behind it was removed): then it is
// opened again.
#include <cassert>
#include <optional>
#include <utility>

#include "lull/snapshot/ordered_set.h"

namespace lull::snapshot {
namespace {

class GroupWriter {
 public:
  explicit GroupWriter(const std::shared_ptr<MemoryAccount>& account) : account_(account) {}

  [[nodiscard]] bool empty() const noexcept { return leaves_.empty() && groups_.empty(); }

  void add(std::shared_ptr<const KeyLeaf> leaf) {
    if (leaf->boundary().group) {
      flush();
    } else {
      reopen();
    }
    leaves_.push_back(std::move(leaf));
  }

  void share(const std::shared_ptr<const KeyGroup>& group) {
    flush();
    groups_.push_back(group);
  }

  /// Adds a leaf that stands in the base behind the one that was added last, in its group.
  void go_on(const std::shared_ptr<const KeyLeaf>& leaf) { leaves_.push_back(leaf); }

  /// Takes back the leaf that was added last.
  std::shared_ptr<const KeyLeaf> take_back() {
    reopen();
    std::shared_ptr<const KeyLeaf> leaf = std::move(leaves_.back());
    leaves_.pop_back();
    return leaf;
  }

  [[nodiscard]] const KeyLeaf& last() const noexcept {
    return leaves_.empty() ? *groups_.back()->leaves().children().back() : *leaves_.back();
  }

  Directory<KeyGroup>::Children finish() {
    flush();
    return std::move(groups_);
  }

 private:
  void flush() {
    if (leaves_.empty()) return;
    leaves_.shrink_to_fit();
    groups_.push_back(std::make_shared<KeyGroup>(std::exchange(leaves_, {}), account_));
  }

  void reopen() {
    if (!leaves_.empty() || groups_.empty()) return;
    leaves_ = groups_.back()->leaves().children();
    groups_.pop_back();
  }

  const std::shared_ptr<MemoryAccount>& account_;
  Directory<KeyLeaf>::Children leaves_;  // of the group that is being written
  Directory<KeyGroup>::Children groups_;
};

class LeafWriter {
 public:
  explicit LeafWriter(const std::shared_ptr<MemoryAccount>& account)
      : account_(account), groups_(account) {}

  void add(std::string_view key) {
    if (begins_leaf(key, Boundary::of(key))) {
      flush();
    } else if (keys_.empty()) {
      reopen();
    }
    keys_.add(key);
  }

  /// Takes the base's leaf as it is, if its first entry begins a leaf here too.
  [[nodiscard]] bool share(const std::shared_ptr<const KeyLeaf>& leaf) {
    if (!begins_leaf(leaf->first_key(), leaf->boundary())) return false;
    flush();
    groups_.add(leaf);
    return true;
  }

  /// The same where the leaf before it in its group was taken as it is: then it begins here too,
  /// and need not be looked at. A copy of a group that touched each leaf would cost more than all
  /// else.
  void share_next(const std::shared_ptr<const KeyLeaf>& leaf) { groups_.go_on(leaf); }

  /// Takes a group of the base as it is. Every group but the first begins with a boundary, and the
  /// first is only shared when nothing was put before it.
  void share(const std::shared_ptr<const KeyGroup>& group) {
    flush();
    assert(groups_.empty() || group->leaves().children().front()->boundary().group);
    groups_.share(group);
  }

  Directory<KeyGroup>::Children finish() {
    flush();
    return groups_.finish();
  }

 private:
  [[nodiscard]] bool begins_leaf(std::string_view key, Boundary boundary) const noexcept {
    if (boundary.leaf || (keys_.empty() && groups_.empty())) return true;
    const std::size_t size = keys_.empty() ? groups_.last().size() : keys_.size();
    const std::size_t bytes = keys_.empty() ? groups_.last().key_bytes() : keys_.bytes();
    return size + 1 > Boundary::kLeafKeysMax || bytes + key.size() > Boundary::kLeafBytesMax;
  }

  void flush() {
    if (keys_.empty()) return;
    groups_.add(KeyLeaf::make(keys_, account_));
    keys_.clear();
  }

  /// Goes on with the last leaf.
  void reopen() {
    const std::shared_ptr<const KeyLeaf> leaf = groups_.take_back();
    std::string key;
    for (KeyLeaf::Place at = leaf->begin(); at.number < leaf->size();) {
      leaf->read(at, key);
      keys_.add(key);
    }
  }

  const std::shared_ptr<MemoryAccount>& account_;
  GroupWriter groups_;
  KeyList keys_;  // of the leaf that is being written
};

/// The changes that are still to come, and the merge of those in a leaf's range.
class Merge {
 public:
  Merge(std::span<const OrderedSet::Change> changes, LeafWriter& out)
      : changes_(changes), out_(out) {}

  /// The key of the next change, or nothing.
  [[nodiscard]] std::optional<std::string_view> next() const noexcept {
    if (changes_.empty()) return std::nullopt;
    return changes_.front().key;
  }

  /// Whether there is a change before `end` (nothing: the end of the map).
  [[nodiscard]] bool touches(std::optional<std::string_view> end) const noexcept {
    return !changes_.empty() && (!end || changes_.front().key < *end);
  }

  void merge(const KeyLeaf& leaf, std::optional<std::string_view> end) {
    std::string key;
    for (KeyLeaf::Place at = leaf.begin(); at.number < leaf.size();) {
      leaf.read(at, key);
      while (touches(key)) take_change();
      if (!changes_.empty() && changes_.front().key == key) {
        take_change();
      } else {
        out_.add(key);
      }
    }
    rest(end);
  }

  void rest(std::optional<std::string_view> end) {
    while (touches(end)) take_change();
  }

 private:
  void take_change() {
    const OrderedSet::Change& change = changes_.front();
    if (!change.remove) out_.add(change.key);
    changes_ = changes_.subspan(1);
  }

  std::span<const OrderedSet::Change> changes_;
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

/// The child into which the next change goes; behind the last if there is no change.
template <class Child>
std::size_t touched(const Directory<Child>& directory, const Merge& merge) noexcept {
  return merge.next() ? directory.find(*merge.next()) : directory.children().size();
}

void merge_group(const Directory<KeyLeaf>& directory, std::optional<std::string_view> group_end,
                 Merge& merge, LeafWriter& out) {
  const auto& leaves = directory.children();
  std::size_t next = touched(directory, merge);
  bool in_step = false;  // the leaf before was taken as it is
  for (std::size_t l = 0; l < leaves.size(); ++l) {
    if (l < next && in_step) {
      out.share_next(leaves[l]);
    } else if (l < next && out.share(leaves[l])) {
      in_step = true;
    } else {
      merge.merge(*leaves[l], range_end(leaves, l, group_end));
      in_step = false;
      const bool more = merge.touches(group_end);
      next = more ? touched(directory, merge) : leaves.size();
    }
  }
}

}  // namespace

std::shared_ptr<const OrderedSet> OrderedSet::apply(const OrderedSet& base,
                                                    std::span<const Change> changes) {
  LeafWriter out(base.account_);
  Merge merge(changes, out);
  const auto& groups = base.groups_.children();
  std::size_t next = touched(base.groups_, merge);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (g < next) {
      out.share(groups[g]);
    } else {
      merge_group(groups[g]->leaves(), range_end(groups, g, std::nullopt), merge, out);
      next = touched(base.groups_, merge);
    }
  }
  merge.rest(std::nullopt);
  return std::shared_ptr<const OrderedSet>(new OrderedSet(base.account_, out.finish()));
}

}  // namespace lull::snapshot
