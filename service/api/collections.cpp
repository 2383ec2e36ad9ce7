#include "api/data_reply.h"
#include "api/routes.h"
#include "lull/codec/node.h"

namespace lull::api {
namespace {

void append_collection(std::string& out, const snapshot::Collection& collection) {
  const bool tree = collection.kind == snapshot::CollectionKind::kTree;
  out += R"({"name":)";
  codec::append_json_string(out, collection.name);
  out += tree ? R"(,"kind":"tree")" : R"(,"kind":"table")";
  if (collection.loaded()) {
    out += R"(,"loaded":true,"changed_at":")" + collection.changed_at.text() + R"(","entries":)";
    out += std::to_string(tree ? collection.tree()->apps().size() : collection.table()->size());
  } else {
    out += R"(,"loaded":false)";
  }
  out += '}';
}

}  // namespace

void answer_collections(const Context& context, const http::Request& request, http::Reply& reply) {
  if (const auto none = require_no_query(request); !none) return send_problem(reply, none.error());
  const auto pin = context.view.pin(
      [](const publish::View& view) -> const snapshot::Snapshot& { return view.current(); });
  std::string body =
      R"({"revision":")" + std::string(pin->revision_text()) + R"(","collections":[)";
  for (const auto& collection : pin->collections()) {
    if (body.back() == '}') body += ',';
    append_collection(body, collection);
  }
  body += "]}";
  send_owned(request, reply, {.revision = pin->revision_text()}, std::move(body));
}

}  // namespace lull::api
