// Immutable children of a node, in key order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lull/snapshot/key_heads.h"

namespace lull::snapshot {

/// Children in key order, found by their first keys.
template <class Child>
class KeyDirectory {
 public:
  using Children = std::vector<std::shared_ptr<const Child>>;

  KeyDirectory() = default;
  /// `like` may have some of the children too: the first and last that are the same are not looked
  /// at, which would be a cache miss each.
  KeyDirectory(Children children, const KeyDirectory& like) : children_(std::move(children)) {
    if (children_.empty()) return;
    const std::string_view first = children_.front()->first_key();
    prefix_ = first.substr(0, common_prefix(first, children_.back()->first_key()));
    const auto [same_first, same_last] = same(like);
    heads_.reserve(children_.size());
    heads_.assign(like.heads_.begin(), like.heads_.begin() + same_first);
    const std::span<const std::shared_ptr<const Child>> all(children_);
    for (const auto& child : all.subspan(same_first, all.size() - same_first - same_last)) {
      heads_.push_back(key_head(child->first_key().substr(prefix_.size())));
    }
    heads_.insert(heads_.end(), like.heads_.end() - same_last, like.heads_.end());
  }

  [[nodiscard]] const Children& children() const noexcept { return children_; }
  [[nodiscard]] bool empty() const noexcept { return children_.empty(); }

  /// The number of the child in whose range the key lies: the last one that does not begin after
  /// it, or the first. Not when empty.
  [[nodiscard]] std::size_t find(std::string_view key) const noexcept {
    const std::size_t begun = count_before(
        prefix_, key, heads_.size(), [this](std::size_t i) { return heads_[i]; },
        [this, key](std::size_t i) { return children_[i]->first_key() <= key; });
    return begun == 0 ? 0 : begun - 1;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return children_.capacity() * sizeof(children_[0]) + heads_.capacity() * sizeof(heads_[0]) +
           prefix_.capacity();
  }

 private:
  /// How many heads at the start and at the end of `like` hold here too.
  [[nodiscard]] std::pair<std::ptrdiff_t, std::ptrdiff_t> same(
      const KeyDirectory& like) const noexcept {
    if (like.prefix_ != prefix_) return {0, 0};
    const Children& theirs = like.children_;
    const auto first = std::ranges::mismatch(children_, theirs).in1 - children_.begin();
    const auto most =
        static_cast<std::ptrdiff_t>(std::min(children_.size(), theirs.size())) - first;
    std::ptrdiff_t last = 0;
    while (last < most && *(children_.end() - 1 - last) == *(theirs.end() - 1 - last)) ++last;
    return {first, last};
  }

  Children children_;
  std::vector<std::uint32_t> heads_;  ///< Of the first keys, after the prefix.
  std::string prefix_;                ///< That all first keys have in common.
};

}  // namespace lull::snapshot
