#include <urcu-bp.h>
// The inline forms, as lull/rcu/read_section.h uses them.
#include <urcu/static/urcu-bp.h>

#include "flavour_loop.h"

std::int64_t lull::bench::sections_bp(std::uint64_t sections) {
  urcu_bp_register_thread();
  const std::int64_t taken = time_sections(sections, []([[maybe_unused]] std::uint64_t i) {
    _urcu_bp_read_lock();
    read_something();
    _urcu_bp_read_unlock();
  });
  urcu_bp_unregister_thread();
  return taken;
}
