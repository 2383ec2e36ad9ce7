#include <algorithm>

#include "api/body.h"
#include "api/data_reply.h"
#include "api/lookup.h"
#include "api/routes.h"
#include "lull/codec/node.h"

namespace lull::api {
namespace {

/// The stable word for an item that has no value.
std::string_view item_error(Outcome outcome) noexcept {
  return outcome == Outcome::kNotLoaded ? code::kNotLoaded : code::kNotFound;
}

/// Appends `"value":..` or `"error":".."` for `collection/key`.
void append_result(std::string& out, const Context& context, const snapshot::Snapshot& snapshot,
                   std::string_view item) {
  const std::size_t slash = item.find('/');
  const std::string_view name = item.substr(0, slash);
  std::string_view error;
  Found found;
  if (slash == std::string_view::npos || !key_fault(name).empty()) {
    error = code::kInvalidKey;
  } else if (const auto* const spec = context.find(name); spec == nullptr) {
    error = code::kCollectionNotFound;
  } else if (const auto key = item.substr(slash + 1); !entry_key_fault(spec->kind, key).empty()) {
    error = code::kInvalidKey;
  } else {
    found = look_up(snapshot.find(name), key);
    if (found.outcome != Outcome::kFound) error = item_error(found.outcome);
  }
  if (error.empty()) {
    out += R"("value":)";
    out += found.json;
  } else {
    out += R"("error":")";
    out += error;
    out += '"';
  }
}

/// The age of the oldest stale collection that is asked for.
std::optional<std::int64_t> oldest(const Context& context, const snapshot::Snapshot& snapshot,
                                   const std::vector<std::string>& keys) {
  std::optional<std::int64_t> out;
  for (const std::string& key : keys) {
    const std::string_view name = std::string_view(key).substr(0, key.find('/'));
    if (const auto age = context.stale_seconds(snapshot, name))
      out = std::max(out.value_or(0), *age);
  }
  return out;
}

}  // namespace

void answer_batch(const Context& context, const http::Request& request, http::Reply& reply) {
  if (const auto none = require_no_query(request); !none) return send_problem(reply, none.error());
  if (const auto json = require_json(request); !json) return send_problem(reply, json.error());
  const auto keys = parse_batch(request.body, context.limits.batch_keys_max);
  if (!keys) return send_problem(reply, keys.error());

  const std::size_t bytes_max = context.limits.response_bytes_max;
  // Pinned: copying megabytes takes longer than a read section may.
  const auto pin = context.view.pin(
      [](const publish::View& view) -> const snapshot::Snapshot& { return view.current(); });
  const auto stale_seconds = oldest(context, *pin, *keys);
  const std::string revision(pin->revision_text());
  std::string body = R"({"revision":")" + revision + R"(","results":[)";
  for (const std::string& key : *keys) {
    if (body.back() == '}') body += ',';
    body += R"({"key":)";
    codec::append_json_string(body, key);
    body += ',';
    append_result(body, context, *pin, key);
    body += '}';
    if (body.size() > bytes_max) break;
  }
  if (body.size() > bytes_max) {
    return send_problem(
        reply,
        {413,
         code::kResponseTooLarge,
         "the values exceed " + std::to_string(bytes_max) + " bytes; ask for fewer keys at once",
         {}},
        revision, stale_seconds);
  }
  body += "]}";
  send_owned(request, reply, {revision, kJson, stale_seconds}, std::move(body));
}

}  // namespace lull::api
