// Counted holds, for readers that need data for longer than a read section may last.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "lull/rcu/read_section.h"
#include "lull/rcu/reclaimer.h"

namespace lull::rcu {

/// An object that lives as long as somebody holds it. It starts with no hold; who publishes it
/// takes one first, by Pin::adopt. Threads: any. The last release hands the object to the
/// reclaimer's thread and frees nothing here.
class Pinnable : public Reclaimable {
 public:
  explicit Pinnable(Reclaimer& reclaimer) noexcept : reclaimer_(reclaimer) {}

  /// How many hold it now: for tests and status.
  [[nodiscard]] std::uint32_t holds() const noexcept {
    return holds_.load(std::memory_order_relaxed);
  }

 private:
  template <class T>
  friend class Pin;

  /// Relaxed: whoever takes a hold already has one, or is inside a section in which the publisher's
  /// hold cannot be dropped, so the count is not zero and nothing needs to be ordered.
  void hold() const noexcept {
    [[maybe_unused]] const auto before = holds_.fetch_add(1, std::memory_order_relaxed);
    assert(before != 0 && "a hold on an object that nobody holds: it may be freed already");
  }

  /// Acquire-release:
  ///   1. thread A reads the object      2. A: fetch_sub(release) -> 1
  ///   3. thread B: fetch_sub(acquire) -> 0 sees 2, hence 1 happened before
  ///   4. the object is freed.
  void release() const noexcept {
    if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) reclaimer_.reclaim(*this);
  }

  Reclaimer& reclaimer_;
  mutable std::atomic<std::uint32_t> holds_{0};  // any thread
};

// Two deliberate defects, for tests/torture/run_mutants only: a pin that points without being
// counted.
#if defined(LULL_MUTANT_COUNT_BEFORE_GRACE) || defined(LULL_MUTANT_RECLAIMER_IGNORES_PINS)
#define LULL_MUTANT_UNCOUNTED_PINS
#endif

/// A hold on one T (which derives from Pinnable). Empty after a move.
/// Threads: one at a time; may be handed to another.
/// Lifetime: must end before the reclaimer does.
/// Cost: one atomic addition on a counter that all pins of this object share; for long reads only.
template <class T>
class [[nodiscard]] Pin {
 public:
  Pin() noexcept = default;

  /// Takes a hold on an object that was reached inside this section.
  Pin(const T& object, const ReadSection&) noexcept : object_(&object) {
#if defined(LULL_MUTANT_RECLAIMER_IGNORES_PINS)
    counted_ = false;
#else
    object_->hold();
#endif
  }
  Pin(const T& object, const ReadSection&&) = delete;

  /// The first hold, on an object that no other thread knows yet.
  [[nodiscard]] static Pin adopt(const T* object) noexcept {
    assert(object->holds() == 0 && "adopted twice");
    static_cast<const Pinnable*>(object)->holds_.store(1, std::memory_order_relaxed);
    Pin out;
    out.object_ = object;
    return out;
  }

  /// One more hold on what this pin holds.
  [[nodiscard]] Pin clone() const noexcept {
    Pin out;
    out.object_ = object_;
#if defined(LULL_MUTANT_UNCOUNTED_PINS)
    out.counted_ = counted_;
    if (!counted_) return out;
#endif
    if (object_ != nullptr) object_->hold();
    return out;
  }

  ~Pin() { reset(); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  Pin(Pin&& other) noexcept { swap(other); }
  Pin& operator=(Pin&& other) noexcept {
    Pin moved(std::move(other));  // what this pin held is let go of here, not when `other` ends
    swap(moved);
    return *this;
  }

  void reset() noexcept {
    const T* const object = std::exchange(object_, nullptr);
#if defined(LULL_MUTANT_UNCOUNTED_PINS)
    if (!std::exchange(counted_, true)) return;
#endif
    if (object != nullptr) static_cast<const Pinnable*>(object)->release();
  }

#if defined(LULL_MUTANT_COUNT_BEFORE_GRACE)
  void drop_count_early() noexcept {
    if (object_ != nullptr && std::exchange(counted_, false)) {
      static_cast<const Pinnable*>(object_)->release();
    }
  }
#endif

  explicit operator bool() const noexcept { return object_ != nullptr; }
  const T& operator*() const noexcept { return *object_; }
  const T* operator->() const noexcept { return object_; }

 private:
  void swap(Pin& other) noexcept {
    std::swap(object_, other.object_);
#if defined(LULL_MUTANT_UNCOUNTED_PINS)
    std::swap(counted_, other.counted_);
#endif
  }

  const T* object_ = nullptr;
#if defined(LULL_MUTANT_UNCOUNTED_PINS)
  bool counted_ = true;
#endif
};

}  // namespace lull::rcu
