// What lulld runs with: the configuration file, the environment and flags, checked and in one
// place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/endpoint.h"
#include "lull/base/error.h"
#include "lull/instance.h"
#include "settings/overrides.h"

namespace lull::settings {

/// Bounds of the HTTP side. Names are those of the file's `limits`.
struct HttpLimits {
  std::size_t target_bytes_max = 8U << 10U;
  std::size_t header_bytes_max = 16U << 10U;
  std::size_t request_body_bytes_max = 1U << 20U;
  std::size_t connections_max = 50'000;
  std::chrono::milliseconds header_timeout_ms{10'000};
  std::chrono::milliseconds idle_timeout_ms{75'000};
  std::chrono::milliseconds write_timeout_ms{30'000};
  std::chrono::milliseconds drain_timeout_ms{4'500};
  std::chrono::milliseconds pin_age_max_ms{30'000};
  std::uint64_t reply_bytes_alive_max = 256U << 20U;
};

struct Settings {
  std::vector<http::Endpoint> listen = {http::Endpoint::tcp("127.0.0.1", 8080)};
  std::optional<http::Endpoint> admin_listen;  ///< Operations, away from the data.
  unsigned threads = 1;                        ///< Default: one a core.
  std::string log_format = "text";
  std::string log_level = "info";
  HttpLimits http;
  InstanceOptions instance;           ///< Paths are absolute or relative to the working directory.
  std::vector<std::string> warnings;  ///< To be logged: LULL_ variables that look misspelt.
};

/// Reads and checks everything; no error hides another. Relative paths in the file are relative to
/// the file, in overrides to the working directory.
/// Errors: the file is missing, unreadable or not YAML; wrong types, ranges, names; unknown keys.
[[nodiscard]] Checked<Settings> load_settings(const std::string& file, const Overrides& overrides);

}  // namespace lull::settings
