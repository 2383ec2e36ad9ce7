#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "api/cursor.h"
#include "api/data_reply.h"
#include "api/lookup.h"
#include "api/options.h"
#include "api/routes.h"
#include "lull/base/hash.h"
#include "lull/codec/node.h"

namespace lull::api {
namespace {

using snapshot::CollectionKind;
using snapshot::PageRequest;
using snapshot::Snapshot;

constexpr std::size_t kItemsDefault = 100;
constexpr std::size_t kItemsMax = 1000;
constexpr std::string_view kWhere = "where.";

/// What a request for a page asks for: views into the query.
struct Wanted {
  const publish::CollectionSpec* spec = nullptr;
  std::string_view prefix;
  std::size_t limit = kItemsDefault;
  bool values = true;
  std::vector<PageRequest::Where> where;  // by index name
  Profiles profiles;
  std::optional<Revision> revision;
  std::string after;
  std::uint64_t query_hash = 0;
};

/// A page's body, to which the items are added as they are found. It is built where it is sent
/// from.
class Items {
 public:
  Items(std::string_view revision, bool values, std::size_t bytes_max)
      : values_(values), bytes_max_(bytes_max) {
    body_.append(R"({"revision":")").append(revision).append(R"(","items":[)");
    begin_ = body_.size();
  }

  /// Adds an item, unless the page is full: then it ends at the item before, however many follow.
  void add(std::string_view key, std::string_view value) {
    if (full_) return;
    const std::size_t size = body_.size();
    const bool first = size == begin_;
    if (!first) body_ += ',';
    body_ += R"({"key":)";
    codec::append_json_string(body_, key);
    if (values_) {
      body_ += R"(,"value":)";
      body_ += value;
    }
    body_ += '}';
    // One item there is always, or nobody gets on.
    if (body_.size() - begin_ > bytes_max_ && !first) {
      body_.resize(size);
      full_ = true;
      return;
    }
    last_key_ = key;
  }

  [[nodiscard]] bool full() const noexcept { return full_; }
  [[nodiscard]] const std::string& last_key() const noexcept { return last_key_; }
  /// The whole body; `next` is the cursor's text, or empty.
  [[nodiscard]] std::string finish(std::string_view next) && {
    body_ += ']';
    if (!next.empty()) body_.append(R"(,"next":")").append(next).append(1, '"');
    body_ += '}';
    return std::move(body_);
  }

 private:
  const bool values_;
  const std::size_t bytes_max_;
  std::string body_;
  std::size_t begin_ = 0;  // of the items
  std::string last_key_;
  bool full_ = false;
};

std::span<const std::string_view> allowed_parameters(CollectionKind kind) {
  static constexpr std::array<std::string_view, 6> kTree = {"prefix", "after",   "limit",
                                                            "values", "profile", "revision"};
  static constexpr std::array<std::string_view, 6> kTable = {"prefix", "after",  "limit",
                                                             "values", "where.", "revision"};
  if (kind == CollectionKind::kTree) return kTree;
  return kTable;
}

Parsed<std::size_t> limit_of(const Query& query) {
  const auto* const parameter = query.find("limit");
  if (parameter == nullptr) return kItemsDefault;
  const std::string_view text = parameter->value;
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit < 1 || limit > kItemsMax) {
    return refuse(400, code::kInvalidQuery,
                  "parameter 'limit' takes a whole number from 1 to 1000, not " + echoed(text));
  }
  return limit;
}

Parsed<std::vector<PageRequest::Where>> where_of(const Query& query,
                                                 const publish::CollectionSpec& spec) {
  std::vector<PageRequest::Where> out;
  for (const auto& [name, value] : query.all()) {
    if (!name.starts_with(kWhere)) continue;
    const std::string_view index = name.substr(kWhere.size());
    const auto& indexes = spec.records.indexes;
    if (std::ranges::find(indexes, index) == indexes.end()) {
      std::string detail = "no index " + echoed(index) + "; collection '" + spec.name + "' has ";
      if (indexes.empty()) detail += "none";
      for (const std::string& one : indexes) detail += (&one == &indexes[0] ? "" : ", ") + one;
      return refuse(400, code::kInvalidQuery, std::move(detail));
    }
    out.push_back({index, value});
  }
  std::ranges::sort(out, {}, &PageRequest::Where::index);
  return out;
}

/// Tells apart queries that list different entries. No part contains NUL (Query refuses it).
std::uint64_t query_hash(const Wanted& wanted) {
  std::string text = wanted.spec->name;
  const auto add = [&text](std::string_view part) { text.append(1, '\0').append(part); };
  add(wanted.prefix);
  for (const auto& [index, value] : wanted.where) {
    add(index);
    add(value);
  }
  add({});
  for (const std::string_view profile : wanted.profiles.all()) add(profile);
  return hash128(text).low;
}

/// `?after=`, which also decides the revision.
Parsed<void> read_cursor(const Query& query, Wanted& wanted) {
  wanted.query_hash = query_hash(wanted);
  const auto* const parameter = query.find("after");
  if (parameter == nullptr) return {};
  auto cursor = Cursor::parse(parameter->value);
  if (!cursor) {
    return refuse(
        400, code::kInvalidCursor,
        "parameter 'after' takes the 'next' of a page, as it is, not " + echoed(parameter->value));
  }
  if (cursor->query_hash != wanted.query_hash) {
    return refuse(400, code::kInvalidCursor,
                  "this cursor belongs to another listing: collection, prefix, where and profile "
                  "must stay the same from page to page");
  }
  if (wanted.revision && *wanted.revision != cursor->revision) {
    return refuse(400, code::kInvalidCursor,
                  "this cursor belongs to revision " + cursor->revision.text() +
                      ", which 'revision' contradicts");
  }
  wanted.revision = cursor->revision;
  wanted.after = std::move(cursor->after);
  return {};
}

Parsed<void> read_parameters(const Query& query, Wanted& wanted) {
  const auto limit = limit_of(query);
  if (!limit) return tl::make_unexpected(limit.error());
  const auto values = flag_of(query, "values", true);
  if (!values) return tl::make_unexpected(values.error());
  const auto revision = revision_of(query);
  if (!revision) return tl::make_unexpected(revision.error());
  const auto profiles = profiles_of(query, *wanted.spec);
  if (!profiles) return tl::make_unexpected(profiles.error());
  auto where = where_of(query, *wanted.spec);
  if (!where) return tl::make_unexpected(where.error());
  if (const auto* const prefix = query.find("prefix")) wanted.prefix = prefix->value;
  wanted.limit = *limit;
  wanted.values = *values;
  wanted.revision = *revision;
  wanted.profiles = *profiles;
  wanted.where = *std::move(where);
  return read_cursor(query, wanted);
}

/// Where the next page starts, if there is one.
using Next = std::optional<std::string>;

Parsed<Next> list_records(const snapshot::Table& table, const Wanted& wanted, Items& items) {
  PageRequest request;
  request.prefix = wanted.prefix;
  if (!wanted.after.empty()) request.after = wanted.after;
  request.limit = wanted.limit;
  request.where = wanted.where;
  const auto visit = [&items](const snapshot::RecordView& record) {
    items.add(record.key, record.json);
  };
  auto end = table.page(request, std::ref(visit));
  if (!end) return refuse(400, code::kInvalidQuery, end.error().message);
  if (items.full()) return items.last_key();
  return std::move(end->resume_after);
}

/// Lists apps with their effective documents.
Parsed<Next> list_apps(const snapshot::Tree& tree, const Wanted& wanted, const Limits& limits,
                       Items& items) {
  const snapshot::Tree::Apps& apps = tree.apps();
  auto at = apps.lower_bound(std::max<std::string_view>(wanted.after, wanted.prefix));
  if (at != apps.end() && at->name() == wanted.after) ++at;
  const auto more = [&] { return at != apps.end() && at->name().starts_with(wanted.prefix); };
  std::size_t bytes_left = limits.merge_bytes_max;
  for (std::size_t count = 0; more() && count < wanted.limit; ++count, ++at) {
    const std::string& app = at->name();
    if (!wanted.values) {
      items.add(app, {});
      continue;
    }
    const auto profiles = wanted.profiles.all();
    if (const auto* const document = tree.effective(app, profiles)) {
      items.add(app, document->text());
    } else if (const auto merged = merge_on_demand(tree, app, profiles, bytes_left)) {
      items.add(app, (*merged)->text());
    } else if (count != 0) {
      return items.last_key();  // the next page has its own bytes to merge
    } else {
      return tl::make_unexpected(merged.error());
    }
    if (items.full()) return items.last_key();
  }
  if (!more()) return std::nullopt;
  return items.last_key();
}

void answer_pinned(const Context& context, const Wanted& wanted, rcu::Pin<Snapshot> pin,
                   const http::Request& request, http::Reply& reply) {
  const std::string revision(pin->revision_text());
  const auto* const collection = pin->find(wanted.spec->name);
  const auto stale_seconds = context.stale_seconds(*pin, wanted.spec->name);
  if (collection == nullptr || !collection->loaded()) {
    return send_problem(reply, not_loaded(wanted.spec->name), revision);
  }
  Items items(revision, wanted.values, context.limits.response_bytes_max);
  const auto next = collection->kind == CollectionKind::kTree
                        ? list_apps(*collection->tree(), wanted, context.limits, items)
                        : list_records(*collection->table(), wanted, items);
  if (!next) return send_problem(reply, next.error(), revision, stale_seconds);
  std::string cursor;
  if (*next) cursor = Cursor{pin->revision(), wanted.query_hash, **next}.text();
  std::string body = std::move(items).finish(cursor);
  pin.reset();  // the body owns its bytes: a slow client must not hold the snapshot
  send_owned(request, reply, {revision, kJson, stale_seconds}, std::move(body));
}

}  // namespace

void answer_page(const Context& context, const publish::CollectionSpec& spec,
                 const http::Request& request, http::Reply& reply) {
  Query query;
  if (const auto known = query.parse(request.query, allowed_parameters(spec.kind)); !known) {
    return send_problem(reply, known.error());
  }
  Wanted wanted;
  wanted.spec = &spec;
  if (const auto read = read_parameters(query, wanted); !read) {
    return send_problem(reply, read.error());
  }
  rcu::Pin<Snapshot> pin;
  {
    const rcu::ReadSection section;
    const auto* const snapshot = select_snapshot(context.view.get(section), wanted.revision);
    if (snapshot != nullptr) pin = rcu::Pin<Snapshot>(*snapshot, section);
  }
  if (!pin) return send_problem(reply, revision_gone(*wanted.revision));
  answer_pinned(context, wanted, std::move(pin), request, reply);
}

}  // namespace lull::api
