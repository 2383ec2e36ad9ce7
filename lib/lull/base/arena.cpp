#include "lull/base/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace lull {
namespace {

constexpr std::size_t kFirstBytes = 2U << 10U;
constexpr std::size_t kMappedBytes = 128U << 10U;  // blocks of this size and more are mapped

}  // namespace

Arena::Arena(Arena&& other) noexcept
    : blocks_(std::exchange(other.blocks_, {})),
      at_(std::exchange(other.at_, nullptr)),
      left_(std::exchange(other.left_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(blocks_, other.blocks_);
  std::swap(at_, other.at_);
  std::swap(left_, other.left_);
  return *this;
}

char* Arena::take(std::size_t bytes) {
  if (bytes > left_) {
    const std::size_t next =
        blocks_.empty() ? kFirstBytes : std::min(4 * blocks_.back().bytes, kMappedBytes);
    add_block(std::max(bytes, next));
  }
  char* const out = at_;
  at_ += bytes;
  left_ -= bytes;
  return out;
}

std::string_view Arena::copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* const out = take(bytes.size());
  std::memcpy(out, bytes.data(), bytes.size());
  return {out, bytes.size()};
}

void Arena::add_block(std::size_t bytes) {
  if (blocks_.size() == blocks_.capacity()) blocks_.reserve(2 * blocks_.size() + 8);
  void* data = nullptr;
  if (bytes < kMappedBytes) {
    data = ::operator new(bytes);
  } else {
    data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::bad_alloc{};  // Allowed: as any allocation
  }
  blocks_.push_back({static_cast<char*>(data), bytes});
  at_ = blocks_.back().data;
  left_ = bytes;
}

void Arena::clear() noexcept {
  for (const Block& block : blocks_) {
    if (block.bytes < kMappedBytes) {
      ::operator delete(block.data);
    } else {
      ::munmap(block.data, block.bytes);
    }
  }
  blocks_ = {};
  at_ = nullptr;
  left_ = 0;
}

void discard_pages(char* data, std::size_t bytes) noexcept {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  const std::uintptr_t skip = (page - begin % page) % page;
  if (bytes < skip) return;
  const std::size_t whole = (bytes - skip) / page * page;
  if (whole != 0) ::madvise(data + skip, whole, MADV_DONTNEED);  // of no avail: they stay
}

}  // namespace lull
