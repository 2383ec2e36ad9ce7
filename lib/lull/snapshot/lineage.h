// Which versions of a record store are alive, and which blocks none of them can see any more.
//
// The naive way is a count in each block: then the copy of a directory writes to every block below
// it, hundreds of cache lines for one changed record. Here a block only knows the version in which
// it was born. When a later version replaces it, that version notes it. When a version v dies,
// between the living versions p before and n after it, the blocks that only v could see are those
// that n noted and that were born after p: they are freed, and what v itself noted becomes n's to
// remember. This is the "dead list" of ZFS snapshots
// (https://www.bsdcan.org/2010/schedule/attachments/156_zfs_deadlists.pdf).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "lull/base/memory_account.h"
#include "lull/snapshot/branch.h"

namespace lull::snapshot {

/// Blocks by the time of birth, the youngest on top: a pairing heap through the blocks themselves,
/// so that nothing is allocated where a version dies (Fredman et al. 1986, "The pairing heap").
/// Threads: one at a time.  Cost: add() and meld() O(1), take() O(log size) amortised.
class BirthHeap {
 public:
  [[nodiscard]] const Node* top() const noexcept { return top_; }
  void add(const Node* node) noexcept {
    node->heap_child = node->heap_sibling = nullptr;
    top_ = melded(top_, node);
  }
  void meld(BirthHeap& other) noexcept { top_ = melded(top_, std::exchange(other.top_, nullptr)); }
  /// Takes the youngest out; not when empty.
  const Node* take() noexcept;

 private:
  static const Node* melded(const Node* a, const Node* b) noexcept;
  const Node* top_ = nullptr;
};

/// Threads: any; a mutex that no reader takes.  Lifetime: shared by its versions.
/// Cost: of begin() O(1) beside the notes; of end() O(blocks freed * log(blocks noted)).
class Lineage {
 public:
  explicit Lineage(std::shared_ptr<MemoryAccount> account);
  ~Lineage();
  Lineage(const Lineage&) = delete;
  Lineage& operator=(const Lineage&) = delete;

  /// What a change has made so far. Frees it unless begin() took it over.
  struct Work {
    std::uint64_t version = 0;
    std::vector<const Node*> made;
    std::vector<const Node*> replaced;

    Work() = default;
    ~Work();
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
  };

  /// The version that a change of this one may get; 0 if a later one lives. Versions count from 1.
  [[nodiscard]] std::uint64_t next_version(std::uint64_t base) const;
  /// The version of `work` lives from now on. False, and nothing has changed, if another change of
  /// its base came first. Throws std::bad_alloc; then nothing has changed.
  [[nodiscard]] bool begin(Work& work, std::uint64_t base);
  /// A version dies; nobody reads it any more. `root` is what it leads to.
  void end(std::uint64_t version, Child root) noexcept;

 private:
  void free(const Node* node) noexcept;
  void free_born_after(Child root, std::uint64_t version) noexcept;

  mutable std::mutex mutex_;                   // guards what follows
  std::map<std::uint64_t, BirthHeap> living_;  // versions, and what each noted
  std::uint64_t bytes_ = 0;
  MemoryAccount::Charge charge_;
};

}  // namespace lull::snapshot
