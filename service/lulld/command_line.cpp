#include "lulld/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <optional>

namespace lull::lulld {
namespace {

// A flag that stands for one value of the configuration file.
struct ValueFlag {
  const char* flag;
  const char* path;
  const char* type;
  const char* help;
};

constexpr std::array<ValueFlag, 6> kValueFlags = {{
    {"--listen", "listen", "ADDRESS[,...]",
     "Where to serve: HOST:PORT such as 0.0.0.0:8080 or [::1]:8080, unix:PATH, or systemd"},
    {"--admin-listen", "admin_listen", "ADDRESS", "Serve /admin and /metrics there instead"},
    {"--threads", "threads", "N", "Server threads; default: one a core"},
    {"--data-dir", "data_dir", "DIR",
     "Where revisions are made durable and the last-known-good is kept"},
    {"--log-format", "log.format", "text|json", "Format of log lines"},
    {"--log-level", "log.level", "LEVEL", "debug, info, warn or error"},
}};

constexpr const char* kFooter =
    "Every single value of the file, but for the types of fields, can be set by an environment\n"
    "variable too: limits.idle_timeout_ms is LULL_LIMITS_IDLE_TIMEOUT_MS. Flags win over the\n"
    "environment, the environment over the file.\n"
    "Signals: SIGTERM and SIGINT finish what is under way and exit, a second one exits at once;\n"
    "SIGHUP looks at all sources again.";

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv) {
  CommandLine out;
  CLI::App app("lulld serves configuration and inventory from watched files over HTTP.", "lulld");
  app.footer(kFooter);
  app.set_version_flag("--version", "lulld " LULL_VERSION);
  app.add_option("-c,--config", out.config_file, "The configuration file")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag(
      "--check", out.check_only,
      "Check the configuration and all sources, report every error, and exit: 0 if all is well");
  std::array<std::optional<std::string>, kValueFlags.size()> values;
  for (std::size_t i = 0; i < kValueFlags.size(); ++i) {
    app.add_option(kValueFlags[i].flag, values[i], kValueFlags[i].help)
        ->type_name(kValueFlags[i].type);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  out.overrides.add_environment(environ);
  for (std::size_t i = 0; i < kValueFlags.size(); ++i) {
    if (values[i]) out.overrides.add_flag(kValueFlags[i].path, *values[i], kValueFlags[i].flag);
  }
  return out;
}

}  // namespace lull::lulld
