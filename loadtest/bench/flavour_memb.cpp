#define RCU_MEMBARRIER
#include <urcu.h>
// The inline forms, as lull/rcu/read_section.h uses them.
#include <urcu/static/urcu-memb.h>

#include "flavour_loop.h"

std::int64_t lull::bench::sections_memb(std::uint64_t sections) {
  urcu_memb_register_thread();
  const std::int64_t taken = time_sections(sections, []([[maybe_unused]] std::uint64_t i) {
    _urcu_memb_read_lock();
    read_something();
    _urcu_memb_read_unlock();
  });
  urcu_memb_unregister_thread();
  return taken;
}
