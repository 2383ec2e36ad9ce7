#include "lullctl/commands.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "lull/instance.h"
#include "settings/settings.h"

namespace lull::lullctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kHttpOk = 200;
constexpr unsigned kHttpNotFound = 404;
constexpr unsigned kHttpServerError = 500;
constexpr std::uint64_t kPageLimitMax = 1000;

int unreachable(const Error& error, std::ostream& errors) {
  errors << "lullctl: " << error.text() << '\n';
  return kUnreachable;
}

/// A problem+json reply as one line, and the exit code for its status.
int refused(const Reply& reply, std::ostream& errors) {
  const Json problem = Json::parse(reply.body, nullptr, false);
  errors << "lullctl: ";
  if (problem.is_object()) {
    errors << problem.value("title", "error") << ": "
           << problem.value("detail", problem.value("code", std::string())) << '\n';
  } else {
    errors << "the server answered " << reply.status << '\n';
  }
  if (reply.status == kHttpNotFound) return kNotFound;
  return reply.status >= kHttpServerError ? kUnreachable : kFailed;
}

void add_parameter(std::string& target, std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += name;
  if (!value.empty()) target.append("=").append(percent_encode(value, false));
}

/// A value for a table's cell: a string's own characters, anything else as JSON.
std::string cell(const Json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void write_text(const Output& output, const std::string& json) {
  output.format == Format::kYaml ? output.out << to_yaml(json) : output.out << json << '\n';
}

void write_explanation(const Output& output, const Json& explanation) {
  std::vector<std::vector<std::string>> rows = {{"PATH", "VALUE", "SET BY"}};
  for (const Json& leaf : explanation.value("leaves", Json::array())) {
    rows.push_back({leaf.value("path", ""), cell(leaf.value("value", Json())),
                    leaf.value("file", "") + ":" + std::to_string(leaf.value("line", 0))});
  }
  write_table(output, rows);
}

/// One row a record: the key, then the members of the first value as columns.
void write_items(const Output& output, const Json& items) {
  std::vector<std::string> columns;
  if (!items.empty() && items[0].contains("value") && items[0]["value"].is_object()) {
    for (const auto& [name, value] : items[0]["value"].items()) {
      if (!value.is_structured()) columns.push_back(name);
    }
  }
  std::vector<std::vector<std::string>> rows(1, {"KEY"});
  rows[0].insert(rows[0].end(), columns.begin(), columns.end());
  for (const Json& item : items) {
    rows.push_back({item.value("key", "")});
    const Json value = item.value("value", Json::object());
    for (const std::string& column : columns) {
      rows.back().push_back(cell(value.is_object() ? value.value(column, Json()) : Json()));
    }
  }
  write_table(output, rows);
}

int list_collections(const Client& client, const Output& output, std::ostream& errors) {
  const auto reply = client.get("/v1");
  if (!reply) return unreachable(reply.error(), errors);
  if (reply->status != kHttpOk) return refused(*reply, errors);
  if (output.format != Format::kTable) {
    write_text(output, reply->body);
    return kOk;
  }
  std::vector<std::vector<std::string>> rows = {{"COLLECTION", "KIND", "ENTRIES", "CHANGED AT"}};
  const Json body = Json::parse(reply->body, nullptr, false);
  for (const Json& collection : body.value("collections", Json::array())) {
    rows.push_back({collection.value("name", ""), collection.value("kind", ""),
                    cell(collection.value("entries", Json())),
                    cell(collection.value("changed_at", Json()))});
  }
  write_table(output, rows);
  return kOk;
}

std::string page_target(const ListOptions& options, std::uint64_t limit, const std::string& after) {
  std::string target = "/v1/" + percent_encode(options.collection, false);
  add_parameter(target, "limit", std::to_string(limit));
  if (!options.values) add_parameter(target, "values", "false");
  if (!options.prefix.empty()) add_parameter(target, "prefix", options.prefix);
  if (!options.profile.empty()) add_parameter(target, "profile", options.profile);
  if (!after.empty()) add_parameter(target, "after", after);
  for (const std::string& where : options.where) {
    const std::size_t equals = where.find('=');
    add_parameter(target, "where." + where.substr(0, equals), where.substr(equals + 1));
  }
  return target;
}

void write_refusals(const Output& output, const Json& collection) {
  const Json rejection = collection.value("current_rejection", Json());
  if (!rejection.is_object()) return;
  for (const Json& error : rejection.value("errors", Json::array())) {
    std::string place = error.value("file", "");
    if (error.contains("line")) place += ":" + std::to_string(error.value("line", 0));
    output.out << "  " << coloured(output, Colour::kRed, "refused") << ' ' << place << ": "
               << error.value("message", "") << '\n';
  }
}

void write_status(const Output& output, const Json& body) {
  output.out << "revision  " << body.value("revision", "") << "  published "
             << body.value("published_at", "") << "\ncontent   " << body.value("content_hash", "")
             << "\nuptime    " << body.value("uptime_seconds", 0) << " s, version "
             << body.value("version", "") << "\n\n";
  std::vector<std::vector<std::string>> rows = {
      {"COLLECTION", "STATE", "CHANGED AT", "ENTRIES", "SOURCE", "MODE"}};
  const Json collections = body.value("collections", Json::array());
  for (const Json& c : collections) {
    const Json source = c.value("source", Json::object());
    const bool refused_now = c.value("current_rejection", Json()).is_object();
    std::string state = c.value("loaded", false) ? "loaded" : "not loaded";
    if (refused_now) state += ", newer input refused";
    rows.push_back({c.value("name", ""), state, cell(c.value("changed_at", Json())),
                    cell(c.value("entries", Json())), source.value("location", ""),
                    source.value("mode", "")});
  }
  write_table(output, rows);
  for (const Json& c : collections) write_refusals(output, c);
}

}  // namespace

int get(const Client& client, const GetOptions& options, const Output& output,
        std::ostream& errors) {
  std::string target = "/v1/" + percent_encode(options.path, true);
  if (!options.profile.empty()) add_parameter(target, "profile", options.profile);
  if (!options.layer.empty()) add_parameter(target, "layer", options.layer);
  if (!options.revision.empty()) add_parameter(target, "revision", options.revision);
  if (options.explain) add_parameter(target, "explain", "");
  if (options.raw) add_parameter(target, "raw", "");
  const auto reply = client.get(target);
  if (!reply) return unreachable(reply.error(), errors);
  if (reply->status != kHttpOk) return refused(*reply, errors);
  if (options.raw) {
    output.out << reply->body << '\n';
  } else if (options.explain && output.format == Format::kTable) {
    write_explanation(output, Json::parse(reply->body, nullptr, false));
  } else {
    write_text(output, reply->body);
  }
  return kOk;
}

int list(const Client& client, const ListOptions& options, const Output& output,
         std::ostream& errors) {
  if (options.collection.empty()) return list_collections(client, output, errors);
  Json all = {{"revision", ""}, {"items", Json::array()}};
  Json& items = all["items"];
  std::string after;
  do {
    const std::uint64_t wanted = options.all ? kPageLimitMax : options.limit - items.size();
    const auto reply = client.get(page_target(options, std::min(wanted, kPageLimitMax), after));
    if (!reply) return unreachable(reply.error(), errors);
    if (reply->status != kHttpOk) return refused(*reply, errors);
    Json page = Json::parse(reply->body, nullptr, false);
    if (!page.is_object()) return refused(*reply, errors);
    all["revision"] = page.value("revision", "");
    after = page.value("next", "");
    for (Json& item : page["items"]) items.push_back(std::move(item));
  } while (!after.empty() && (options.all || items.size() < options.limit));
  output.format == Format::kTable ? write_items(output, items) : write_text(output, all.dump());
  if (!after.empty()) {
    errors << "lullctl: there is more; use --limit N or --all\n";
  }
  return kOk;
}

int status(const Client& client, const Output& output, std::ostream& errors) {
  const auto reply = client.get("/admin/v1/status");
  if (!reply) return unreachable(reply.error(), errors);
  if (reply->status != kHttpOk) return refused(*reply, errors);
  const Json body = Json::parse(reply->body, nullptr, false);
  output.format == Format::kTable ? write_status(output, body) : write_text(output, reply->body);
  for (const Json& collection : body.value("collections", Json::array())) {
    if (!collection.value("loaded", false)) return kUnreachable;
  }
  return kOk;
}

int check(const std::string& path, const Output& output, std::ostream& errors) {
  const bool directory = std::filesystem::is_directory(path);
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
    errors << coloured(output, Colour::kRed, "error") << ": " << error.text() << '\n';
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
    write_text(output, result.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    write_table(output, rows);
    output.out << (found.empty() ? coloured(output, Colour::kGreen, "ok")
                                 : std::to_string(found.size()) + " errors")
               << '\n';
  }
  return found.empty() ? kOk : kFailed;
}

}  // namespace lull::lullctl
