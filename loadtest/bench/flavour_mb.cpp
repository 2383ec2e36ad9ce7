#define RCU_MB
#include <urcu.h>
// The inline forms, as lull/rcu/read_section.h uses them.
#include <urcu/static/urcu-mb.h>

#include "flavour_loop.h"

std::int64_t lull::bench::sections_mb(std::uint64_t sections) {
  urcu_mb_register_thread();
  const std::int64_t taken = time_sections(sections, []([[maybe_unused]] std::uint64_t i) {
    _urcu_mb_read_lock();
    read_something();
    _urcu_mb_read_unlock();
  });
  urcu_mb_unregister_thread();
  return taken;
}
