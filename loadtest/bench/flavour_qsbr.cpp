#include <urcu-qsbr.h>
// The inline forms, as lull/rcu/read_section.h uses them.
#include <urcu/static/urcu-qsbr.h>

#include "flavour_loop.h"

std::int64_t lull::bench::sections_qsbr(std::uint64_t sections) {
  urcu_qsbr_register_thread();
  const std::int64_t taken = time_sections(sections, []([[maybe_unused]] std::uint64_t i) {
    _urcu_qsbr_read_lock();
    read_something();
    _urcu_qsbr_read_unlock();
    // As a server would announce a quiescent state: once for a batch of requests.
    if (i % 16 == 15) urcu_qsbr_quiescent_state();
  });
  urcu_qsbr_unregister_thread();
  return taken;
}
