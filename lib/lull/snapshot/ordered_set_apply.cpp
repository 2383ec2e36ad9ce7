// Merges changes into a set. Two writers stand in a row: keys become leaves, leaves become groups.
// Each takes single elements, and whole finished ones of the base where nothing changed. What was
// taken whole may turn out to go on (the boundary behind it was removed): then it is opened again.
#include <cassert>
#include <optional>

#include "lull/snapshot/ordered_set.h"

namespace lull::snapshot {
namespace {

template <class Child>
using Children = std::span<const std::shared_ptr<const Child>>;

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

  /// Leaves of which none begins a group, behind a leaf that was added.
  void add_all(Children<KeyLeaf> leaves) {
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
  }

  void share(Children<KeyGroup> groups) {
    flush();
    groups_.insert(groups_.end(), groups.begin(), groups.end());
  }

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

  KeyDirectory<KeyGroup>::Children finish() {
    flush();
    groups_.shrink_to_fit();
    return std::move(groups_);
  }

  /// The group that is being read: its heads are taken over where the next group begins like it.
  void like(const KeyGroup& group) noexcept { like_ = &group.leaves(); }
  void reserve(std::size_t groups) { groups_.reserve(groups); }

 private:
  void flush() {
    if (leaves_.empty()) return;
    // A copy of the right size; the vector keeps its room for the next group.
    KeyDirectory<KeyLeaf>::Children leaves(std::make_move_iterator(leaves_.begin()),
                                           std::make_move_iterator(leaves_.end()));
    leaves_.clear();
    groups_.push_back(
        std::make_shared<KeyGroup>(KeyDirectory<KeyLeaf>(std::move(leaves), *like_), account_));
  }

  void reopen() {
    if (!leaves_.empty() || groups_.empty()) return;
    leaves_ = groups_.back()->leaves().children();
    groups_.pop_back();
  }

  const std::shared_ptr<MemoryAccount>& account_;
  const KeyDirectory<KeyLeaf> none_;
  const KeyDirectory<KeyLeaf>* like_ = &none_;
  KeyDirectory<KeyLeaf>::Children leaves_;  // of the group that is being written
  KeyDirectory<KeyGroup>::Children groups_;
};

class LeafWriter {
 public:
  explicit LeafWriter(const std::shared_ptr<MemoryAccount>& account)
      : account_(account), groups_(account) {}

  [[nodiscard]] GroupWriter& groups() noexcept { return groups_; }

  [[nodiscard]] bool begins_leaf(KeyBoundary boundary) const noexcept {
    if (boundary.leaf || (leaf_.empty() && groups_.empty())) return true;
    return leaf_.empty() ? groups_.last().full() : leaf_.full();
  }

  void add(std::string_view key, KeyBoundary boundary) {
    if (begins_leaf(boundary)) {
      flush();
    } else if (leaf_.empty()) {
      reopen();
    }
    leaf_.add(key, boundary);
  }

  /// Takes the first `count` keys of a leaf whose first key begins a leaf here too. `last` stands
  /// at the last of them.
  void add(const KeyLeaf& leaf, std::size_t count, const KeyReader& last) {
    assert(begins_leaf(leaf.boundary()));
    flush();
    leaf_.resume(leaf, count, last);
  }

  /// Takes neighbouring leaves of one group of the base as they are, if the first key begins a leaf
  /// here too. Then the others do: nothing changed before them.
  [[nodiscard]] bool share(Children<KeyLeaf> leaves) {
    if (!begins_leaf(leaves.front()->boundary())) return false;
    flush();
    groups_.add(leaves.front());
    groups_.add_all(leaves.subspan(1));
    return true;
  }

  /// Takes groups of the base as they are. Every group but the first begins with a boundary, and
  /// the first is only shared when nothing was put before it.
  void share(Children<KeyGroup> groups) {
    if (groups.empty()) return;
    flush();
    assert(groups_.empty() || groups.front()->leaves().children().front()->boundary().group);
    groups_.share(groups);
  }

  KeyDirectory<KeyGroup>::Children finish() {
    flush();
    return groups_.finish();
  }

 private:
  void flush() {
    if (!leaf_.empty()) groups_.add(leaf_.finish(account_));
  }

  /// Goes on with the last leaf.
  void reopen() {
    const std::shared_ptr<const KeyLeaf> leaf = groups_.take_back();
    reader_.to(*leaf, leaf->size() - 1);
    leaf_.resume(*leaf, leaf->size(), reader_);
  }

  const std::shared_ptr<MemoryAccount>& account_;
  GroupWriter groups_;
  KeyLeafBuilder leaf_;  // that is being written
  KeyReader reader_;
};

/// The changes that are still to come, and the merge of those in the range of a leaf or group.
class Merge {
 public:
  Merge(std::span<const OrderedSet::Change> changes, LeafWriter& out)
      : changes_(changes), out_(out) {}

  [[nodiscard]] std::size_t inserted() const noexcept { return inserted_; }
  [[nodiscard]] std::size_t removed() const noexcept { return removed_; }

  /// The number of the first child that a change before `end` (nothing: the end of the set)
  /// touches, or how many children there are.
  template <class Child>
  [[nodiscard]] std::size_t first_touched(const KeyDirectory<Child>& directory,
                                          std::optional<std::string_view> end) const noexcept {
    return touches(end) ? directory.find(changes_.front().key) : directory.children().size();
  }

  void merge(const KeyGroup& group, std::optional<std::string_view> end) {
    const Children<KeyLeaf> leaves(group.leaves().children());
    for (std::size_t l = 0; l < leaves.size();) {
      const std::size_t touched = first_touched(group.leaves(), end);
      if (touched > l && out_.share(leaves.subspan(l, touched - l))) {
        l = touched;
        continue;
      }
      const bool last = l + 1 == leaves.size();
      merge(*leaves[l], last ? end : std::optional(leaves[l + 1]->first_key()));
      ++l;
    }
  }

  void rest(std::optional<std::string_view> end) {
    while (touches(end)) take_new();
  }

 private:
  [[nodiscard]] bool touches(std::optional<std::string_view> end) const noexcept {
    return !changes_.empty() && (!end || changes_.front().key < *end);
  }

  void merge(const KeyLeaf& leaf, std::optional<std::string_view> end) {
    // Keys before the first change need not be packed again.
    std::size_t kept = 0;
    if (!changes_.empty() && out_.begins_leaf(leaf.boundary())) {
      kept = leaf.find(changes_.front().key).number;
    }
    if (kept != 0) {
      reader_.to(leaf, kept - 1);
      out_.add(leaf, kept, reader_);
    } else {
      reader_.begin(leaf);
      take(reader_.key(), leaf.boundary());
    }
    // No key of a leaf but its first is a boundary.
    while (reader_.next()) take(reader_.key(), {});
    rest(end);
  }

  /// Takes a key of the base and the changes before it.
  void take(std::string_view key, KeyBoundary boundary) {
    for (; !changes_.empty(); take_new()) {
      const int order = changes_.front().key.compare(key);
      if (order > 0) break;
      if (order < 0) continue;
      const bool remove = changes_.front().remove;
      changes_ = changes_.subspan(1);
      if (!remove) break;
      ++removed_;
      return;
    }
    out_.add(key, boundary);
  }

  /// Takes a change of a key that the base does not have.
  void take_new() {
    const OrderedSet::Change& change = changes_.front();
    changes_ = changes_.subspan(1);
    if (change.remove) return;
    ++inserted_;
    out_.add(change.key, KeyBoundary::of(change.key));
  }

  std::span<const OrderedSet::Change> changes_;
  LeafWriter& out_;
  KeyReader reader_;
  std::size_t inserted_ = 0;
  std::size_t removed_ = 0;
};

}  // namespace

std::shared_ptr<const OrderedSet> OrderedSet::apply(const OrderedSet& base,
                                                    std::span<const Change> changes) {
  assert(std::ranges::adjacent_find(changes, std::ranges::greater_equal(), &Change::key) ==
         changes.end());
  LeafWriter out(base.account_);
  Merge merge(changes, out);
  const Children<KeyGroup> groups(base.groups_.children());
  out.groups().reserve(groups.size() + 1);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::size_t touched = merge.first_touched(base.groups_, std::nullopt);
    out.share(groups.subspan(g, touched - g));
    if (touched == groups.size()) break;
    g = touched;
    out.groups().like(*groups[g]);
    const bool last = g + 1 == groups.size();
    merge.merge(*groups[g], last ? std::nullopt : std::optional(groups[g + 1]->first_key()));
  }
  merge.rest(std::nullopt);
  KeyDirectory<KeyGroup> directory(out.finish(), base.groups_);
  const std::size_t size = base.size_ + merge.inserted() - merge.removed();
  return std::shared_ptr<const OrderedSet>(
      new OrderedSet(base.account_, std::move(directory), size));
}

}  // namespace lull::snapshot
