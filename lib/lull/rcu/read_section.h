// Read sections: how a reader makes sure that what it looks at is not freed under it.
//
// The naive way:      const Data* d = pointer.load();  use(*d);
// Why it breaks:      between the load and the use the writer swaps the pointer and frees the old
//                     data. A lock or a shared_ptr repairs that, but every reader then writes to
//                     one shared cache line: two readers on two cores are slower than one.
// This way:           ReadSection section;  const Data& d = published.get(section);  use(d);
//                     The section marks this thread as reading, in memory of its own. The writer
//                     swaps the pointer and waits until every thread has left the sections that it
//                     was in at the swap: a grace period, a lull. Then nobody can hold the old
//                     data.
// Limits:             A section must be short and must not block: it holds back every grace period,
//                     and with it the freeing of memory. What must live longer takes a Pin.
// Cost:               an empty section 1.3 ns, a lookup through Published::get 1.1 ns against 0.8
// bare,
//                     12 under a shared_mutex and 21 to 34 through an atomic shared_ptr (2-core AMD
//                     EPYC; 2.9 ns a section on an older one; docs/adr/001-rcu-flavour.md).
//
// This folder is the only code that includes liburcu (https://liburcu.org, the "bp" flavour:
// threads register themselves, fork is handled).
#pragma once

#ifndef URCU_INLINE_SMALL_FUNCTIONS
#define URCU_INLINE_SMALL_FUNCTIONS
#endif
#include <urcu-bp.h>
// The inline forms of the read side. Their authors allow them for code of any licence: each is
// under the ten lines that the LGPL sets as a limit.
#include <urcu/static/urcu-bp.h>

#include <cstddef>

namespace lull::rcu {

#if defined(__SANITIZE_ADDRESS__)
// liburcu 0.13.2 declares its record of a reader aligned to 128 bytes and places it at a multiple
// of 32: harmless, but the inline forms make UndefinedBehaviorSanitizer, which comes with the
// other, report it.
inline void enter_section() noexcept {
  urcu_bp_read_lock();
}
inline void leave_section() noexcept {
  urcu_bp_read_unlock();
}
[[nodiscard]] inline bool in_read_section() noexcept {
  return urcu_bp_read_ongoing() != 0;
}
#else
inline void enter_section() noexcept {
  _urcu_bp_read_lock();
}
inline void leave_section() noexcept {
  _urcu_bp_read_unlock();
}
/// Whether this thread is inside a read section: for assertions that it is not.
[[nodiscard]] inline bool in_read_section() noexcept {
  return _urcu_bp_read_ongoing() != 0;
}
#endif

#if defined(__SANITIZE_THREAD__)
/// Tells ThreadSanitizer that what this thread read happened before the end of a later grace
/// period; it does not see liburcu's own ordering. One token a thread: a shared one would order
/// readers among themselves and hide races.
void annotate_section_end() noexcept;
#else
inline void annotate_section_end() noexcept {}
#endif

/// While one of these lives, nothing that this thread can reach through a Published is freed.
/// Threads: one of its own; cannot be copied, moved or put on the heap. Sections nest.
/// Lifetime: a scope; never across a blocking call, a send, a suspension or a fork.
/// Cost: no lock, no shared write; the first section of a thread registers it (microseconds).
class ReadSection {
 public:
  [[nodiscard]] ReadSection() noexcept { enter_section(); }
  ~ReadSection() {
    annotate_section_end();
    leave_section();
  }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;
  static void* operator new(std::size_t) = delete;
  static void* operator new[](std::size_t) = delete;
};

/// Waits until every read section that was open at the call has ended: one grace period.
/// Must not be called inside a section (asserted), nor under a mutex that a reader may take.
/// Cost: about 10 us with membarrier and idle readers; as long as the longest section otherwise.
void synchronize() noexcept;

/// Whether grace periods use membarrier(2). Where the kernel or a seccomp filter forbids it, every
/// section pays two full fences instead (about 60 ns).
[[nodiscard]] bool uses_membarrier() noexcept;

}  // namespace lull::rcu
