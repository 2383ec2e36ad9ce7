// Bytes that are written one after the other and go all together.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace lull {

/// Hands out room from blocks that grow to 128 KiB. Blocks of that size and more come from the
/// kernel and go back to it: with an allocator, what a large load needed for a moment would stay
/// resident between blocks that live on.
/// Threads: one at a time.  Lifetime: what was handed out is good until clear() or the destructor.
/// Cost: of room O(1), and a system call for each 128 KiB.
class Arena {
 public:
  Arena() = default;
  ~Arena() { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;

  /// Room for so many bytes in a row, not aligned. Throws std::bad_alloc.
  [[nodiscard]] char* take(std::size_t bytes);
  [[nodiscard]] std::string_view copy(std::string_view bytes);
  void clear() noexcept;

 private:
  struct Block {
    char* data = nullptr;
    std::size_t bytes = 0;
  };

  void add_block(std::size_t bytes);

  std::vector<Block> blocks_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
};

/// Gives the whole pages between `data` and `data + bytes` back to the kernel, although whoever
/// owns them keeps them: what was there is lost. For input that has been read up to a point.
void discard_pages(char* data, std::size_t bytes) noexcept;

}  // namespace lull
