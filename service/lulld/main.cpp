// lulld: the server.
#include <iostream>

#include "lulld/command_line.h"
#include "lulld/serve.h"
#include "settings/settings.h"

namespace {

int report(const lull::Errors& errors) {
  for (const lull::Error& error : errors) std::cerr << error.text() << '\n';
  return 1;
}

int check(const lull::settings::Settings& settings) {
  const lull::CheckReport result = lull::check(settings.instance);
  for (const auto& collection : result.collections) {
    std::cout << collection.name << ": " << collection.entries << " entries in " << collection.files
              << " files\n";
  }
  if (result.errors.empty()) {
    std::cout << "ok\n";
    return 0;
  }
  std::cerr << result.errors.size() << (result.errors.size() == 1 ? " error\n" : " errors\n");
  return report(result.errors);
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = lull::lulld::parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& command_line = std::get<lull::lulld::CommandLine>(parsed);
  const auto settings =
      lull::settings::load_settings(command_line.config_file, command_line.overrides);
  if (!settings) return report(settings.error());
  return command_line.check_only ? check(*settings) : lull::lulld::serve(*settings);
}
