// Bytes that published data holds, counted where they are held.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace lull {

/// A running total of bytes. Parts that several snapshots share are counted once, because each part
/// (a leaf, a document) carries its own Charge. Threads: any.
class MemoryAccount {
 public:
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }

  /// Holds `bytes` on the account for as long as it lives; an empty account charges nobody.
  class Charge {
   public:
    Charge() = default;
    Charge(std::shared_ptr<MemoryAccount> account, std::size_t bytes) noexcept;
    ~Charge();
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;
    Charge(Charge&& other) noexcept;
    Charge& operator=(Charge&& other) noexcept;
    /// Holds so many bytes from now on. Threads: one at a time.
    void resize(std::size_t bytes) noexcept;

   private:
    std::shared_ptr<MemoryAccount> account_;
    std::size_t bytes_ = 0;
  };

 private:
  std::atomic<std::uint64_t> bytes_{0};  // any thread; a sum, so relaxed
};

}  // namespace lull
