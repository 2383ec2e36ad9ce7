// What an operator asks first, as JSON.
#pragma once

#include <string>

#include "lull/instance.h"

namespace lull::admin {

/// The body of GET /admin/v1/status: revision, content hash, memory, and for each collection its
/// source's state and what was refused last, with file, line and reason.
/// Cost: allocates; takes the locks of the status, never one that a reader takes. Threads: any.
[[nodiscard]] std::string status_json(const Instance& instance, Clock::Wall started,
                                      Clock::Wall now);

/// The body of /readyz: `ready`, and the state of each collection.
struct Readiness {
  bool ready = false;
  std::string json;
};
[[nodiscard]] Readiness readiness(const Instance& instance);

}  // namespace lull::admin
