// Wires settings, instance, handlers and server, and runs until a signal ends it.
#pragma once

#include "settings/settings.h"

namespace lull::lulld {

/// Serves until SIGTERM or SIGINT; returns the exit code. Call it before any other thread is
/// started.
[[nodiscard]] int serve(const settings::Settings& settings);

}  // namespace lull::lulld
