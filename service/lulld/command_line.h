// The flags of lulld.
#pragma once

#include <string>
#include <variant>

#include "settings/overrides.h"

namespace lull::lulld {

struct CommandLine {
  std::string config_file = "config/service.yaml";
  bool check_only = false;
  settings::Overrides overrides;
};

/// The parsed flags, or the exit code after --help, --version or an error was printed.
[[nodiscard]] std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv);

}  // namespace lull::lulld
