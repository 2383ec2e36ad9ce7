#include "settings/settings.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include "lull/base/key.h"
#include "lull/codec/parse.h"
#include "settings/reader.h"

namespace lull::settings {
namespace {

using codec::FieldType;
using publish::CollectionSpec;
using snapshot::CollectionKind;

constexpr std::uint64_t kMillisecondsMax = 86'400'000;  // a day
constexpr std::uint64_t kBytesMax = 1ULL << 40U;        // a tebibyte

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  std::error_code ignored;
  if (!in || std::filesystem::is_directory(path, ignored)) {
    return fail(ErrorCode::kUnavailable,
                "cannot be read: " + std::generic_category().message(in ? EISDIR : errno),
                {path, 0, 0, {}}, "name the configuration file with --config FILE");
  }
  text << in.rdbuf();
  return std::move(text).str();
}

void read_fields(Reader& reader, CollectionSpec& spec) {
  const codec::Node* const fields = reader.child("fields");
  if (fields == nullptr) return;
  if (fields->kind != codec::Node::Kind::kObject) {
    return reader.error_at("fields", "expected a mapping from field to type",
                           "types are string, integer, number and boolean");
  }
  static constexpr std::array<std::pair<std::string_view, FieldType>, 4> kTypes = {{
      {"string", FieldType::kString},
      {"integer", FieldType::kInteger},
      {"number", FieldType::kNumber},
      {"boolean", FieldType::kBoolean},
  }};
  for (const auto& [name, type] : fields->children) {
    const auto* const known =
        std::ranges::find(kTypes, type.scalar, [](const auto& t) { return t.first; });
    if (known == kTypes.end()) {
      reader.error_at("fields", "field '" + name + "' has the unknown type '" + type.scalar + "'",
                      "types are string, integer, number and boolean");
      continue;
    }
    spec.records.fields.push_back({name, known->second});
  }
}

void check_field(Reader& reader, const CollectionSpec& spec, std::string_view key,
                 const std::string& name, std::optional<FieldType> type,
                 std::string_view type_name) {
  const auto& fields = spec.records.fields;
  const auto field = std::ranges::find(fields, name, &codec::RecordSchema::Field::name);
  if (field == fields.end()) {
    return reader.error_at(key, "'" + name + "' is not a declared field",
                           "declare it under 'fields'");
  }
  if (type && field->type != *type) {
    reader.error_at(key, "'" + name + "' must be declared as " + std::string(type_name));
  }
}

void read_table(Reader& reader, CollectionSpec& spec) {
  reader.string("key", spec.records.key);
  read_fields(reader, spec);
  reader.strings("indexes", spec.records.indexes);
  std::string quantity;
  reader.string("quantity", quantity);
  if (spec.records.key.empty()) {
    reader.error_at("key", "a table needs 'key', the field that names a record");
  } else {
    check_field(reader, spec, "key", spec.records.key, FieldType::kString, "string");
  }
  for (const std::string& index : spec.records.indexes) {
    check_field(reader, spec, "indexes", index, std::nullopt, "");
  }
  if (!quantity.empty()) {
    check_field(reader, spec, "quantity", quantity, FieldType::kInteger, "integer");
    spec.records.quantity = std::move(quantity);
  }
}

void read_combinations(Reader& reader, CollectionSpec& spec) {
  const codec::Node* const list = reader.child("profile_combinations");
  if (list == nullptr) return;
  const auto is_list = [](const codec::Member& member) {
    return member.value.kind == codec::Node::Kind::kArray;
  };
  if (list->kind != codec::Node::Kind::kArray || !std::ranges::all_of(list->children, is_list)) {
    return reader.error_at("profile_combinations", "expected a list of lists of profiles",
                           "for example [[prod, eu]]");
  }
  for (const auto& [none, combination] : list->children) {
    std::vector<std::string> profiles;
    for (const auto& [none_either, profile] : combination.children) {
      if (std::ranges::find(spec.profiles, profile.scalar) == spec.profiles.end() ||
          std::ranges::find(profiles, profile.scalar) != profiles.end()) {
        reader.error_at(
            "profile_combinations",
            "'" + profile.scalar + "' is not a declared profile, or stands there twice");
      }
      profiles.push_back(profile.scalar);
    }
    if (profiles.size() < 2) {
      reader.error_at("profile_combinations", "expected a list of lists of two or more profiles",
                      "for example [[prod, eu]]; single profiles are always built");
    }
    spec.profile_combinations.push_back(std::move(profiles));
  }
}

void read_tree(Reader& reader, CollectionSpec& spec) {
  reader.strings("profiles", spec.profiles);
  for (const std::string& profile : spec.profiles) {
    if (!is_document_name(profile) || profile.find('.') != std::string::npos) {
      reader.error_at("profiles", "'" + profile + "' is not a profile name",
                      "use letters, digits, '_' and '-'");
    }
  }
  read_combinations(reader, spec);
}

void read_collection(Reader reader, const std::string& name, CollectionSpec spec,
                     std::vector<CollectionSpec>& out) {
  if (!reader.present()) return;  // no mapping, which is reported
  static constexpr std::array<std::string_view, 2> kKinds = {"tree", "table"};
  spec.name = name;
  if (!is_collection_name(name)) {
    reader.error_at("", "'" + name + "' is not a collection name",
                    "a lower-case letter, then up to 62 of a-z, 0-9 and '-'");
  }
  std::string kind;
  reader.choice("kind", kKinds, kind);
  if (kind.empty()) reader.error_at("kind", "a collection needs 'kind'", "tree or table");
  spec.kind = kind == "table" ? CollectionKind::kTable : CollectionKind::kTree;
  Reader source = reader.object("source");
  source.path("files", spec.directory);
  source.finish();
  if (spec.directory.empty()) {
    reader.error_at("source", "a collection needs a source",
                    "for example source: {files: documents}");
  }
  spec.kind == CollectionKind::kTable ? read_table(reader, spec) : read_tree(reader, spec);
  reader.finish();
  out.push_back(std::move(spec));
}

void read_limits(Reader reader, Settings& out, CollectionSpec& defaults) {
  HttpLimits& http = out.http;
  reader.integer("target_bytes_max", 64, 1U << 20U, http.target_bytes_max);
  reader.integer("header_bytes_max", 256, 1U << 20U, http.header_bytes_max);
  reader.integer("request_body_bytes_max", 0, 1U << 30U, http.request_body_bytes_max);
  reader.integer("connections_max", 1, 10'000'000, http.connections_max);
  reader.duration("header_timeout_ms", 1, kMillisecondsMax, http.header_timeout_ms);
  reader.duration("idle_timeout_ms", 1, kMillisecondsMax, http.idle_timeout_ms);
  reader.duration("write_timeout_ms", 1, kMillisecondsMax, http.write_timeout_ms);
  reader.duration("drain_timeout_ms", 1, kMillisecondsMax, http.drain_timeout_ms);
  reader.duration("pin_age_max_ms", 1, kMillisecondsMax, http.pin_age_max_ms);
  reader.integer("reply_bytes_alive_max", 1U << 20U, kBytesMax, http.reply_bytes_alive_max);
  reader.integer("snapshot_bytes_alive_max", 1U << 20U, kBytesMax,
                 out.instance.publisher.snapshot_bytes_alive_max);
  reader.integer("document_bytes_max", 1, 1U << 30U, defaults.document_limits.document_bytes_max);
  reader.integer("document_depth_max", 1, 512, defaults.document_limits.depth_max);
  reader.integer("record_bytes_max", 1, 1U << 26U, defaults.record_limits.record_bytes_max);
  reader.integer("records_max", 1, 100'000'000, defaults.record_limits.records_max);
  reader.integer("file_bytes_max", 1, kBytesMax, defaults.record_limits.file_bytes_max);
  out.instance.files.file_bytes_max = defaults.record_limits.file_bytes_max;
  reader.integer("files_max", 1, 10'000'000, out.instance.files.files_max);
  reader.finish();
}

void read_files(Reader reader, source::FilesOptions& out) {
  reader.duration("quiet_ms", 1, 10'000, out.quiet);
  reader.duration("delay_max_ms", 1, 60'000, out.delay_max);
  reader.duration("poll_interval_ms", 10, kMillisecondsMax, out.poll_interval);
  reader.duration("rescan_interval_ms", 100, kMillisecondsMax, out.rescan_interval);
  reader.boolean("force_polling", out.force_polling);
  reader.finish();
}

void read_retention(Reader reader, publish::PublisherOptions& out) {
  reader.integer("revisions_max", 0, 10'000, out.retained_revisions_max);
  reader.duration("age_max_seconds", 0, 31'536'000, out.retained_age_max);
  reader.integer("bytes_max", 0, kBytesMax, out.retained_bytes_max);
  reader.finish();
}

void read_log(Reader reader, Settings& out) {
  static constexpr std::array<std::string_view, 2> kFormats = {"text", "json"};
  static constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warn", "error"};
  reader.choice("format", kFormats, out.log_format);
  reader.choice("level", kLevels, out.log_level);
  reader.finish();
}

std::optional<http::Endpoint> endpoint(Reader& root, std::string_view key,
                                       const std::string& text) {
  auto out = http::Endpoint::parse(text);
  if (!out) {
    root.error_at(key, "'" + text + "' is not an address to listen on",
                  "HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080, or unix:PATH, or systemd");
  }
  return out;
}

void read_listen(Reader& root, Settings& out) {
  std::vector<std::string> listen;
  root.string_or_strings("listen", listen);
  if (!listen.empty()) out.listen.clear();
  for (const std::string& text : listen) {
    if (auto parsed = endpoint(root, "listen", text)) out.listen.push_back(*std::move(parsed));
  }
  std::string admin;
  root.string("admin_listen", admin);
  if (!admin.empty()) out.admin_listen = endpoint(root, "admin_listen", admin);
}

void read_root(ReadContext& context, const codec::Node& node, Settings& out) {
  using Kind = codec::Node::Kind;
  Reader root(context, &node, "");
  read_listen(root, out);
  root.integer("threads", 1, 256, out.threads);
  root.path("data_dir", out.instance.publisher.data_dir);
  CollectionSpec defaults;
  read_limits(root.object("limits"), out, defaults);
  read_files(root.object("files"), out.instance.files);
  read_retention(root.object("retention"), out.instance.publisher);
  read_log(root.object("log"), out);
  const codec::Node* const collections = root.child("collections");
  if (collections == nullptr || collections->kind == Kind::kNull ||
      (collections->kind == Kind::kObject && collections->children.empty())) {
    root.error_at("collections", "no collection is declared", "see docs/configuration.md");
  } else if (Reader all(context, collections, "collections"); all.present()) {
    for (const auto& [name, declaration] : collections->children) {
      read_collection(all.object(name), name, defaults, out.instance.collections);
    }
  }
  root.finish();
}

}  // namespace

Checked<Settings> load_settings(const std::string& file, const Overrides& overrides) {
  const auto text = read_file(file);
  if (!text) return tl::make_unexpected(Errors{text.error()});
  const auto node = codec::parse_document(*text, codec::DocumentFormat::kYaml, {file, 0});
  if (!node) return tl::make_unexpected(Errors{node.error()});
  Settings out;
  out.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 256U);
  ReadContext context{file, overrides, {}};
  read_root(context, *node, out);
  if (!context.errors.empty()) {
    std::ranges::stable_sort(context.errors, {}, [](const Error& error) {
      return std::pair(error.where.line, error.where.column);
    });
    return tl::make_unexpected(std::move(context.errors));
  }
  for (const auto& [variable, meant] : overrides.misspelt()) {
    out.warnings.push_back("the environment variable " + variable +
                           " names no setting and is ignored" +
                           (meant.empty() ? "" : "; did you mean " + meant + "?"));
  }
  return out;
}

}  // namespace lull::settings
