// A level of the directory that leads from a key's hash to its shard.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <memory>
#include <span>

#include "lull/snapshot/shard.h"

namespace lull::snapshot {

class Branch;

/// What a place of the directory leads to: nothing, a shard or another level. One word: the number
/// of a shard's groups stands in the low bits, so that a lookup need not touch the shard's head.
class Child {
 public:
  Child() noexcept = default;
  explicit Child(const Shard* shard) noexcept
      : word_(reinterpret_cast<const char*>(shard) + shard->groups) {
    assert(shard->groups >= 1 && shard->groups < kBlockAlignment);
  }
  explicit Child(const Branch* branch) noexcept : word_(reinterpret_cast<const char*>(branch)) {}

  [[nodiscard]] bool empty() const noexcept { return word_ == nullptr; }
  [[nodiscard]] bool is_shard() const noexcept { return groups() != 0; }
  [[nodiscard]] bool is_branch() const noexcept { return !empty() && groups() == 0; }
  [[nodiscard]] std::size_t groups() const noexcept {
    return reinterpret_cast<std::uintptr_t>(word_) % kBlockAlignment;
  }
  [[nodiscard]] const Shard* shard() const noexcept {
    return reinterpret_cast<const Shard*>(word_ - groups());
  }
  [[nodiscard]] const Branch* branch() const noexcept {
    return reinterpret_cast<const Branch*>(word_);
  }
  friend bool operator==(const Child&, const Child&) = default;

 private:
  const char* word_ = nullptr;  // blocks begin at multiples of kBlockAlignment
};

/// A child with what its parent keeps of it.
struct Subtree {
  Child child;
  Totals totals;
  Sha256 hash;  ///< All zero for nothing.
};

/// Eight bits of the hash: 256 slots that lead to at most as many children. A child that is a shard
/// may take a run of 2^n slots; which runs there are depends on the content alone.
/// Threads: any, without synchronisation.  Lifetime: the versions of the store that contain it.
class Branch : public Node {
 public:
  static constexpr unsigned kBits = 8;
  static constexpr std::size_t kSlots = 1U << kBits;
  static constexpr unsigned kLevelsMax = 64 / kBits;

  /// A branch under construction: children in slot order.
  class Draft {
   public:
    void add(const Subtree& subtree, std::size_t slots) {
      assert(count_ < kSlots && used_ + slots <= kSlots);
      for (std::size_t i = 0; i < slots; ++i) slots_[used_++] = static_cast<std::uint8_t>(count_);
      subtrees_[count_++] = subtree;
    }
    [[nodiscard]] Subtree finish(std::uint64_t born, std::string& scratch) const;

   private:
    std::array<std::uint8_t, kSlots> slots_{};
    std::array<Subtree, kSlots> subtrees_{};
    std::size_t used_ = 0;
    std::size_t count_ = 0;
  };

  [[nodiscard]] static std::size_t slot_of(std::uint64_t hash, unsigned level) noexcept {
    return (hash >> (64 - kBits * (level + 1))) & (kSlots - 1);
  }
  [[nodiscard]] Child child_at(std::size_t slot) const noexcept { return children()[slots_[slot]]; }
  [[nodiscard]] std::size_t number_at(std::size_t slot) const noexcept { return slots_[slot]; }
  [[nodiscard]] std::size_t size() const noexcept { return count; }
  [[nodiscard]] Subtree subtree(std::size_t number) const noexcept {
    return {children()[number], totals()[number], hashes()[number]};
  }
  [[nodiscard]] const Totals& totals_of(std::size_t number) const noexcept {
    return totals()[number];
  }
  [[nodiscard]] std::span<const Child> child_list() const noexcept { return {children(), count}; }

 private:
  Branch() = default;
  [[nodiscard]] const Child* children() const noexcept {
    return reinterpret_cast<const Child*>(this + 1);
  }
  [[nodiscard]] const Totals* totals() const noexcept {
    return reinterpret_cast<const Totals*>(children() + count);
  }
  [[nodiscard]] const Sha256* hashes() const noexcept {
    return reinterpret_cast<const Sha256*>(totals() + count);
  }

  std::array<std::uint8_t, kSlots> slots_{};
  // In memory behind the object: `count` children, their totals, their hashes.
#if defined(LULL_MUTANT_SHALLOW_DIRECTORY)
 public:
  /// The defect: the level that other versions share is changed in place.
  void overwrite(std::size_t slot, Child child) const noexcept {
    const_cast<Child*>(children())[slots_[slot]] = child;
  }
#endif
};

}  // namespace lull::snapshot
