// The one pointer that readers follow and the writer swaps.
#pragma once

#include <atomic>
#include <cassert>
#include <concepts>
#include <functional>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include "lull/rcu/pin.h"
#include "lull/rcu/read_section.h"
#include "lull/rcu/reclaimer.h"

namespace lull::rcu {

/// True for results that could carry a reference out of a read section: references, pointers, and
/// ranges that do not own what they show (string_view, span). One inside a struct is not seen.
template <class T>
inline constexpr bool kEscapes = std::is_reference_v<T> || std::is_pointer_v<T> ||
                                 std::ranges::enable_borrowed_range<std::remove_cv_t<T>>;
template <class T>
inline constexpr bool kEscapes<std::reference_wrapper<T>> = true;

/// Holds the published T, never null. T derives from Reclaimable, and not from Pinnable: a T is
/// freed by the grace period alone; what readers may pin, it holds.
/// Threads: get, read and pin from any; publish from one writer at a time.
/// Lifetime: the destructor retires the last T to the reclaimer, which must outlive this object and
/// every reader.
/// Cost: get is one load; publish is one exchange and wakes the reclaimer.
template <std::derived_from<Reclaimable> T>
  requires(!std::derived_from<T, Pinnable>)
class Published {
 public:
  Published(std::unique_ptr<T> first, Reclaimer& reclaimer) noexcept
      : pointer_(first.release()), reclaimer_(reclaimer) {
    assert(pointer_.load(std::memory_order_relaxed) != nullptr);
  }
  ~Published() { reclaimer_.retire(std::unique_ptr<T>(pointer_.load(std::memory_order_relaxed))); }
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  /// The current T. The reference is good until `section` ends; a temporary section does not
  /// compile.
  ///
  /// Acquire pairs with the release in publish():
  ///   1. writer fills T          2. writer: exchange(T, release)
  ///   3. reader: load(acquire) sees T, hence 4. reader sees all of 1.
  /// That the load is not moved before the start of the section is the section's own barrier.
  [[nodiscard]] const T& get(const ReadSection&) const noexcept {
    return *pointer_.load(std::memory_order_acquire);
  }
  const T& get(const ReadSection&&) const = delete;

  /// Calls `f(const T&)` inside a section and returns its result, which must be a value of its own:
  /// a reference, pointer or string_view does not compile.
  template <class F>
  auto read(F&& f) const -> std::invoke_result_t<F, const T&> {
    static_assert(!kEscapes<std::invoke_result_t<F, const T&>>,
                  "the result must not refer to data of the section: return a copy or a Pin");
#if defined(LULL_MUTANT_SECTION_CLOSED_EARLY)
    const T& data = [this]() -> const T& {
      const ReadSection section;
      return get(section);
    }();
    return std::forward<F>(f)(data);
#else
    const ReadSection section;
    return std::forward<F>(f)(get(section));
#endif
  }

  /// A counted hold on what `select(const T&)` returns a reference to; it outlives the section.
  template <class F>
  auto pin(F&& select) const {
    using Object = std::remove_cvref_t<std::invoke_result_t<F, const T&>>;
#if defined(LULL_MUTANT_PIN_OUTSIDE_SECTION)
    const T& data = [this]() -> const T& {
      const ReadSection section;
      return get(section);
    }();
    const Object& object = select(data);
    const ReadSection section;
    return Pin<Object>(object, section);
#else
    const ReadSection section;
    return Pin<Object>(select(get(section)), section);
#endif
  }

  /// Swaps in `next`; the T before it is retired: freed after a grace period.
  void publish(std::unique_ptr<T> next) noexcept {
    assert(next != nullptr);
    std::unique_ptr<T> old(pointer_.exchange(next.release(), std::memory_order_acq_rel));
#if defined(LULL_MUTANT_COUNT_BEFORE_GRACE)
    if constexpr (requires { old->drop_counts_early(); }) old->drop_counts_early();
#endif
    reclaimer_.retire(std::move(old));
  }

  /// The current T, for the writer thread only: it alone replaces it, so it needs no section.
  [[nodiscard]] const T& writer_view() const noexcept {
    return *pointer_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<T*> pointer_;  // written by the writer only
  Reclaimer& reclaimer_;
};

}  // namespace lull::rcu
