#include "api/api_handler.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "lull/rcu/read_section.h"

namespace lull::api {
namespace {

constexpr std::string_view kPostMethods = "POST, OPTIONS";

void label(http::Reply& reply, Route route) noexcept {
  reply.route(static_cast<std::uint8_t>(route));
}

/// Whether the method is one of the route's; if not, the request is answered.
bool admit(const http::Request& request, http::Reply& reply, Route route) {
  label(reply, route);
  const bool posts = route == Route::kBatch || route == Route::kCheck;
  const bool matches =
      posts ? request.method == http::Method::kPost
            : request.method == http::Method::kGet || request.method == http::Method::kHead;
  if (matches) return true;
  send_allowed(request, reply, posts ? kPostMethods : kReadMethods);
  return false;
}

Problem route_not_found() {
  return {404,
          code::kRouteNotFound,
          "no such route; there are /v1, /v1/{collection}, /v1/{collection}/{key}, /v1:batch and "
          "/v1/{table}:check",
          {}};
}

Problem collection_not_found(std::string_view name,
                             std::span<const publish::CollectionSpec> declared) {
  std::string detail = "no collection " + echoed(name) + "; ";
  detail += declared.empty() ? "none is declared" : "there are:";
  for (const auto& spec : declared) {
    detail += detail.back() == ':' ? " " : ", ";
    detail += spec.name;
  }
  return {404, code::kCollectionNotFound, std::move(detail), {}};
}

}  // namespace

std::vector<std::string> route_names() {
  return {"other", "value", "page", "batch", "check", "collections", "operations"};
}

const publish::CollectionSpec* Context::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(collections, name, &publish::CollectionSpec::name);
  return found == collections.end() ? nullptr : &*found;
}

Problem not_loaded(std::string_view collection) {
  return {503,
          code::kNotLoaded,
          "collection '" + std::string(collection) +
              "' has not been loaded yet; /admin/v1/status says why",
          {}};
}

Problem revision_gone(const Revision& revision) {
  return {
      410,
      code::kRevisionGone,
      "revision " + revision.text() + " is not retained here (any more); start again without it",
      {}};
}

Parsed<void> require_no_query(const http::Request& request) {
  if (request.query.empty()) return {};
  Query query;
  return query.parse(request.query, {});
}

ApiHandler::ApiHandler(const publish::PublishedView& view,
                       std::vector<publish::CollectionSpec> collections, http::Handler& operations,
                       Limits limits, const publish::StaleMarks* stale)
    : collections_(std::move(collections)),
      operations_(operations),
      context_{view, collections_, limits, stale} {}

void ApiHandler::handle(const http::Request& request, http::Reply& reply) {
  constexpr std::string_view kPrefix = "/v1";
  const std::string_view rest = request.path.starts_with(kPrefix)
                                    ? request.path.substr(kPrefix.size())
                                    : std::string_view("?");
  if (rest.empty()) {
    if (admit(request, reply, Route::kCollections)) answer_collections(context_, request, reply);
  } else if (rest == ":batch") {
    if (admit(request, reply, Route::kBatch)) answer_batch(context_, request, reply);
  } else if (rest.front() == '/') {
    answer_path(request, reply, rest);
  } else if (rest.front() == ':') {
    send_problem(reply, route_not_found());
  } else {
    label(reply, Route::kOperations);
    operations_.handle(request, reply);
  }
  assert(!rcu::in_read_section() && "a read section must end before its handler returns");
}

void ApiHandler::answer_path(const http::Request& request, http::Reply& reply,
                             std::string_view encoded) const {
  PathBuffer buffer;  // written before it is read
  const auto path = parse_path(encoded, buffer);
  if (!path) return send_problem(reply, path.error());
  if (!path->action.empty()) return answer_action(request, reply, *path);
  if (!admit(request, reply, path->key.empty() ? Route::kPage : Route::kValue)) return;
  const auto* const spec = context_.find(path->collection);
  if (spec == nullptr) {
    return send_problem(reply, collection_not_found(path->collection, context_.collections));
  }
  if (path->key.empty()) return answer_page(context_, *spec, request, reply);
  answer_value(context_, *spec, path->key, request, reply);
}

void ApiHandler::answer_action(const http::Request& request, http::Reply& reply,
                               const Path& path) const {
  if (path.action != ":check" || !path.key.empty()) return send_problem(reply, route_not_found());
  if (!admit(request, reply, Route::kCheck)) return;
  const auto* const spec = context_.find(path.collection);
  if (spec == nullptr) {
    return send_problem(reply, collection_not_found(path.collection, context_.collections));
  }
  answer_check(context_, *spec, request, reply);
}

std::string ApiHandler::problem(unsigned status, std::string_view code,
                                std::string_view detail) const {
  return problem_json(status, code, detail);
}

}  // namespace lull::api
