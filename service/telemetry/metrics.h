// The /metrics page, folded at scrape from counters that live where things happen.
#pragma once

#include <functional>
#include <string>

#include "http/server.h"
#include "lull/instance.h"

namespace lull::telemetry {

/// The page in the Prometheus text format 0.0.4. Nothing here runs on the hot path: requests count
/// in per-thread integers, publications in the publisher, and this adds them up. Cost: some 100 us;
/// allocates. Threads: any.
[[nodiscard]] std::string metrics_page(const Instance& instance, const http::Server::Stats& http);

/// The Content-Type of that page.
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace lull::telemetry
