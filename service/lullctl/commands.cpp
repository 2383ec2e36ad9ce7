#include "lullctl/commands.h"

#include <algorithm>
#include <ostream>

#include "lull/codec/parse.h"
#include "lullctl/answer.h"

namespace lull::lullctl {
namespace {

using codec::Node;

constexpr unsigned kHttpOk = 200;
constexpr unsigned kHttpNotFound = 404;
constexpr unsigned kHttpServerError = 500;
constexpr std::uint64_t kPageLimitMax = 1000;
constexpr std::size_t kValueWidthMax = 100;

int unreachable(const Error& error, std::ostream& errors) {
  errors << "lullctl: " << printable(error.text()) << '\n';
  return kUnreachable;
}

/// A problem+json reply as one line, and the exit code for its status.
int refused(const Reply& reply, std::ostream& errors) {
  const auto problem =
      codec::parse_document(reply.body, codec::DocumentFormat::kJson, {"answer", 0});
  const std::string detail = problem ? text_of(*problem, "detail") : "";
  errors << "lullctl: "
         << (detail.empty() ? "the server answered " + std::to_string(reply.status)
                            : printable(text_of(*problem, "title") + ": " + detail))
         << '\n';
  if (reply.status == kHttpNotFound) return kNotFound;
  return reply.status >= kHttpServerError ? kUnreachable : kFailed;
}

void add_parameter(std::string& target, std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += percent_encode(name, false);
  if (!value.empty()) target.append("=").append(percent_encode(value, false));
}

/// A value for a table's cell: a string's own characters, anything else as JSON.
std::string cell(const Node* value) {
  if (value == nullptr || value->kind == Node::Kind::kNull) return "-";
  return value->kind == Node::Kind::kString ? value->scalar : codec::to_json(*value);
}

/// A value of any size in one cell.
std::string short_cell(const Node* value) {
  std::string out = cell(value);
  if (out.size() <= kValueWidthMax) return out;
  std::size_t end = kValueWidthMax;
  while (end > 0 && (out[end] & 0xC0) == 0x80) --end;  // never inside a character
  return out.substr(0, end) + "...";
}

bool is_structured(const Node& value) {
  return value.kind == Node::Kind::kObject || value.kind == Node::Kind::kArray;
}

void write_explanation(const Output& output, const Node& explanation) {
  std::vector<std::vector<std::string>> rows = {{"PATH", "VALUE", "SET BY"}};
  for (const auto& [none, leaf] : elements(explanation, "leaves")) {
    rows.push_back({text_of(leaf, "path"), cell(leaf.member("value")),
                    text_of(leaf, "file") + ":" + text_of(leaf, "line")});
  }
  write_table(output, rows);
}

/// One row a record: the key, then the scalar members of the first value as columns; if it has
/// none, the whole value as one.
void write_items(const Output& output, std::span<const codec::Member> items, bool values) {
  std::vector<std::string> columns;
  const Node* const first = items.empty() ? nullptr : items[0].value.member("value");
  if (first != nullptr && first->kind == Node::Kind::kObject) {
    for (const auto& [name, value] : first->children) {
      if (!is_structured(value)) columns.push_back(name);
    }
  }
  const bool whole = values && columns.empty();
  std::vector<std::vector<std::string>> rows(1, {"KEY"});
  rows[0].insert(rows[0].end(), columns.begin(), columns.end());
  if (whole) rows[0].emplace_back("VALUE");
  for (const auto& [none, item] : items) {
    const Node* const value = item.member("value");
    rows.push_back({text_of(item, "key")});
    for (const std::string& column : columns) {
      rows.back().push_back(cell(value == nullptr ? nullptr : value->member(column)));
    }
    if (whole) rows.back().push_back(short_cell(value));
  }
  write_table(output, rows);
}

int list_collections(const Client& client, const Output& output, std::ostream& errors) {
  const auto reply = client.get("/v1");
  if (!reply) return unreachable(reply.error(), errors);
  if (reply->status != kHttpOk) return refused(*reply, errors);
  const auto body = parse_answer(reply->body, "collections");
  if (!body) return unreachable(body.error(), errors);
  if (output.format != Format::kTable) {
    write_json(output, reply->body);
    return kOk;
  }
  std::vector<std::vector<std::string>> rows = {{"COLLECTION", "KIND", "ENTRIES", "CHANGED AT"}};
  for (const auto& [none, collection] : elements(*body, "collections")) {
    rows.push_back({text_of(collection, "name"), text_of(collection, "kind"),
                    cell(collection.member("entries")), cell(collection.member("changed_at"))});
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

void write_refusals(const Output& output, const Node& collection) {
  const Node* const rejection = collection.member("current_rejection");
  if (rejection == nullptr) return;
  for (const auto& [none, error] : elements(*rejection, "errors")) {
    output.out << "  " << coloured(output, Colour::kRed, "refused") << ' '
               << printable(error_of(error).text()) << '\n';
  }
}

std::string state_of(const Node& collection) {
  const bool loaded = is_true(collection, "loaded");
  const Node* const stale = collection.member("stale_seconds");
  const bool is_stale = stale != nullptr && stale->kind == Node::Kind::kNumber;
  std::string out = loaded ? "loaded" : "not loaded";
  if (is_stale) out = "stale, last-known-good of " + stale->scalar + " s ago";
  const Node* const rejection = collection.member("current_rejection");
  if (rejection != nullptr && rejection->kind == Node::Kind::kObject) {
    out += loaded ? ", newer input refused" : ", input refused";
  }
  const Node* const load = collection.member("load");
  if (load != nullptr && load->kind == Node::Kind::kObject) {
    out += ", " + text_of(*load, "phase") + " (" + text_of(*load, "percent_parsed") + "% parsed)";
  }
  return out;
}

void write_status(const Output& output, const Node& body) {
  output.out << printable("revision  " + text_of(body, "revision") + "  published " +
                          text_of(body, "published_at"))
             << '\n'
             << printable("content   " + text_of(body, "content_hash")) << '\n'
             << printable("uptime    " + text_of(body, "uptime_seconds") + " s, version " +
                          text_of(body, "version"))
             << "\n\n";
  std::vector<std::vector<std::string>> rows = {
      {"COLLECTION", "STATE", "CHANGED AT", "ENTRIES", "SOURCE", "MODE"}};
  const Node no_source;
  for (const auto& [none, collection] : elements(body, "collections")) {
    const Node* const known = collection.member("source");
    const Node& source = known == nullptr ? no_source : *known;
    rows.push_back({text_of(collection, "name"), state_of(collection),
                    cell(collection.member("changed_at")), cell(collection.member("entries")),
                    text_of(source, "location"), text_of(source, "mode")});
  }
  write_table(output, rows);
  for (const auto& [none, collection] : elements(body, "collections")) {
    write_refusals(output, collection);
  }
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
    return kOk;
  }
  if (!options.explain || output.format != Format::kTable) {
    write_json(output, reply->body);
    return kOk;
  }
  const auto explanation = parse_answer(reply->body, "leaves");
  if (!explanation) return unreachable(explanation.error(), errors);
  write_explanation(output, *explanation);
  return kOk;
}

int list(const Client& client, const ListOptions& options, const Output& output,
         std::ostream& errors) {
  if (options.collection.empty()) return list_collections(client, output, errors);
  Node all{Node::Kind::kObject, {}, {{"items", {Node::Kind::kArray, {}, {}, {}}}}, {}};
  std::vector<codec::Member>& items = all.children[0].value.children;
  std::string revision;
  std::string after;
  do {
    const std::uint64_t wanted = options.all ? kPageLimitMax : options.limit - items.size();
    const auto reply = client.get(page_target(options, std::min(wanted, kPageLimitMax), after));
    if (!reply) return unreachable(reply.error(), errors);
    if (reply->status != kHttpOk) return refused(*reply, errors);
    auto page = parse_answer(reply->body, "items");
    if (!page) return unreachable(page.error(), errors);
    revision = text_of(*page, "revision");
    after = text_of(*page, "next");
    for (codec::Member& member : page->children) {
      if (member.name == "items")
        std::ranges::move(member.value.children, std::back_inserter(items));
    }
  } while (!after.empty() && (options.all || items.size() < options.limit));
  if (output.format == Format::kTable) {
    write_items(output, items, options.values);
  } else {
    all.children.push_back({"revision", {Node::Kind::kString, revision, {}, {}}});
    write_json(output, codec::to_json(all));
  }
  if (!after.empty()) errors << "lullctl: there is more; use --limit N or --all\n";
  return kOk;
}

int status(const Client& client, const Output& output, std::ostream& errors) {
  const auto reply = client.get("/admin/v1/status");
  if (!reply) return unreachable(reply.error(), errors);
  if (reply->status != kHttpOk) return refused(*reply, errors);
  const auto body = parse_answer(reply->body, "collections");
  if (!body) return unreachable(body.error(), errors);
  output.format == Format::kTable ? write_status(output, *body) : write_json(output, reply->body);
  const auto is_loaded = [](const codec::Member& c) { return is_true(c.value, "loaded"); };
  return std::ranges::all_of(elements(*body, "collections"), is_loaded) ? kOk : kUnreachable;
}

}  // namespace lull::lullctl
