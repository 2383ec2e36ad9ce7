#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "lull/instance.h"
#include "lullctl/commands.h"
#include "settings/settings.h"

namespace lull::lullctl {

using Json = nlohmann::ordered_json;

int check(const std::string& path, const Output& output, std::ostream& errors) {
  std::error_code ignored;  // what cannot be looked at cannot be read either, and then says why
  const bool directory = std::filesystem::is_directory(path, ignored);
  const std::string file =
      directory ? (std::filesystem::path(path) / "service.yaml").string() : path;
  const auto settings = settings::load_settings(file, {});
  Errors found;
  CheckReport report;
  if (settings) {
    report = lull::check(settings->instance);
    found = std::move(report.errors);
  } else {
    found = settings.error();
  }
  for (const Error& error : found) {
    errors << coloured(output, Colour::kRed, "error") << ": " << printable(error.text()) << '\n';
  }
  Json result = {{"ok", found.empty()}, {"errors", Json::array()}, {"collections", Json::array()}};
  std::vector<std::vector<std::string>> rows = {{"COLLECTION", "FILES", "ENTRIES"}};
  for (const Error& error : found) {
    result["errors"].push_back({{"file", error.where.file},
                                {"line", error.where.line},
                                {"column", error.where.column},
                                {"pointer", error.where.pointer},
                                {"message", error.message},
                                {"hint", error.hint}});
  }
  for (const auto& c : report.collections) {
    result["collections"].push_back({{"name", c.name}, {"files", c.files}, {"entries", c.entries}});
    rows.push_back({c.name, std::to_string(c.files), std::to_string(c.entries)});
  }
  if (output.format != Format::kTable) {
    write_json(output, result.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    write_table(output, rows);
    output.out << (found.empty() ? coloured(output, Colour::kGreen, "ok")
                                 : std::to_string(found.size()) + " errors")
               << '\n';
  }
  return found.empty() ? kOk : kFailed;
}

}  // namespace lull::lullctl
