#include <pthread.h>

#include <cassert>

#include "lull/rcu/read_section.h"

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>

#include <deque>
#include <mutex>
#endif

namespace lull::rcu {
namespace {

// A child process has one thread. Without these handlers it keeps the others' marks: one that was
// reading at the fork would hold back every grace period of the child for ever.
[[maybe_unused]] const int kForkHandlers =
    pthread_atfork(urcu_bp_before_fork, urcu_bp_after_fork_parent, urcu_bp_after_fork_child);

}  // namespace

#if defined(__SANITIZE_THREAD__)
namespace {

// Tokens are never freed: a grace period may look at one whose thread has ended.
struct Tokens {
  std::mutex mutex;
  std::deque<char> all;  // guarded by mutex; elements never move

  static Tokens& instance() {
    static auto* const tokens = new Tokens;
    return *tokens;
  }
  char* add() {
    const std::lock_guard lock(mutex);
    return &all.emplace_back();
  }
};

}  // namespace

void annotate_section_end() noexcept {
  thread_local char* const token = Tokens::instance().add();
  __tsan_release(token);
}
#endif

void synchronize() noexcept {
  assert(!in_read_section() && "a grace period inside a read section never ends");
#if defined(LULL_MUTANT_NO_GRACE_PERIOD)
  return;
#endif
  urcu_bp_synchronize_rcu();
#if defined(__SANITIZE_THREAD__)
  Tokens& tokens = Tokens::instance();
  const std::lock_guard lock(tokens.mutex);
  for (char& token : tokens.all) __tsan_acquire(&token);
#endif
}

bool uses_membarrier() noexcept {
  { const ReadSection registers_the_thread; }
  return urcu_bp_has_sys_membarrier != 0;
}

}  // namespace lull::rcu
