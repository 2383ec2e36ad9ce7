// The loop that the four flavours share.
#pragma once

#include <ctime>

#include "flavour.h"

namespace lull::bench {

inline std::int64_t thread_cpu_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// Calls `section` so often; `i` counts. The thread is registered.
template <class Section>
std::int64_t time_sections(std::uint64_t sections, Section section) {
  const std::int64_t start = thread_cpu_nanoseconds();
  for (std::uint64_t i = 0; i < sections; ++i) section(i);
  return thread_cpu_nanoseconds() - start;
}

/// What a reader would do inside its section, as far as the compiler knows.
inline void read_something() {
  asm volatile("" ::: "memory");
}

}  // namespace lull::bench
