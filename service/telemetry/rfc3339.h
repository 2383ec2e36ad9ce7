// Times for people: 2026-11-23T08:20:00.123Z.
#pragma once

#include <string>

#include "lull/base/clock.h"

namespace lull::telemetry {

/// UTC with milliseconds. Cost: allocates the string.
[[nodiscard]] std::string rfc3339(Clock::Wall time);

}  // namespace lull::telemetry
