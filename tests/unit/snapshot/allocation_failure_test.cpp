// Memory that runs out while the next table is built: at each allocation in turn, the base still
// serves, nothing leaks and the account is as before. A program of its own: it replaces operator
// new.
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "table_support.h"

namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
thread_local std::size_t until_failure = kNever;  // allocations that still succeed
thread_local std::int64_t alive = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  if (until_failure != kNever && until_failure-- == 0) {
    until_failure = kNever;
    throw std::bad_alloc();  // Allowed: what operator new does
  }
  const std::size_t rounded = (size + alignment) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();  // Allowed: what operator new does
  ++alive;
  return memory;
}

void release(void* memory) noexcept {
  if (memory != nullptr) --alive;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}

namespace lull::snapshot {
namespace {

class AllocationFailure : public testing::Test {
 protected:
  using TablePtr = std::shared_ptr<const Table>;

  AllocationFailure() {
    std::vector<RecordChange> changes;
    for (std::size_t i = 0; i < 1'000; ++i) changes.push_back(record(i, 1));
    base_ = changed(TableBuilder::empty({{"w"}}, account_), changes);
  }
  static RecordChange record(std::size_t i, int generation) {
    const std::size_t size = i % 100 == 0 ? 1'500 : 40 + i % 20;
    return put("SKU-" + std::to_string(10'000 + i),
               std::to_string(generation) + std::string(size, 'j'),
               {"w" + std::to_string(generation)}, static_cast<std::int64_t>(i));
  }
  /// Fails at each allocation of an apply in turn; says how many there are.
  std::size_t fail_everywhere(const std::vector<RecordChange>& changes) {
    const std::uint64_t bytes = account_->bytes();
    const Sha256 hash = base_->content_hash();
    for (std::size_t point = 0;; ++point) {
      const std::int64_t before = alive;
      TablePtr next;
      bool failed = false;
      until_failure = point;
      try {
        next = TableBuilder::apply(base_, changes).value();
      } catch (const std::bad_alloc&) {
        failed = true;
      }
      until_failure = kNever;
      if (!failed) return point;
      EXPECT_EQ(alive, before) << "leaked at allocation " << point;
      EXPECT_EQ(account_->bytes(), bytes) << "allocation " << point;
      EXPECT_EQ(base_->content_hash(), hash);
      for (std::size_t i = 0; i < 1'000; i += 50) {
        EXPECT_EQ(base_->find("SKU-" + std::to_string(10'000 + i))->json[0], '1');
      }
      if (HasFailure()) return point;
    }
  }

  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  TablePtr base_;
};

TEST_F(AllocationFailure, OfAChangedRecordLeavesNoTrace) {
  EXPECT_GT(fail_everywhere({record(7, 2)}), 10U);
}

TEST_F(AllocationFailure, OfManyChangesLeavesNoTrace) {
  std::vector<RecordChange> changes;
  for (std::size_t i = 0; i < 1'200; i += 10) {  // large ones too, and new keys
    changes.push_back(i % 70 == 0 && i < 1'000 ? removal(record(i, 2).key) : record(i, 2));
  }
  EXPECT_GT(fail_everywhere(changes), 100U);
}

TEST_F(AllocationFailure, OfASplitLeavesNoTrace) {
  std::vector<RecordChange> changes;
  for (std::size_t i = 1'000; i < 3'000; ++i) changes.push_back(record(i, 2));
  EXPECT_GT(fail_everywhere(changes), 100U);
}

TEST_F(AllocationFailure, OfACopyForASecondSuccessorLeavesNoTrace) {
  const TablePtr first = changed(base_, {record(3, 2)});
  EXPECT_GT(fail_everywhere({record(7, 2)}), 100U);
  EXPECT_EQ(first->find("SKU-10003")->json[0], '2');
}

}  // namespace
}  // namespace lull::snapshot
