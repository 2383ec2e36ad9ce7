#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "api/data_reply.h"
#include "api/explain.h"
#include "api/lookup.h"
#include "api/options.h"
#include "api/raw.h"
#include "api/routes.h"
#include "lull/rcu/read_section.h"
#include "lull/validate/layering.h"

namespace lull::api {
namespace {

using snapshot::CollectionKind;
using snapshot::Snapshot;

/// What a request for a value asks for: views into the request.
struct Wanted {
  const publish::CollectionSpec* spec = nullptr;
  std::string_view key;
  Profiles profiles;
  std::string_view layer;  // empty: the effective document
  bool explain = false;
  bool raw = false;
  std::optional<Revision> revision;
};

/// A revision's text, for after the section.
struct RevisionText {
  std::array<char, 32> bytes;  // 8 digits, a dot and 20 digits at most
  std::size_t size = 0;

  void set(std::string_view text) noexcept {
    size = std::min(text.size(), bytes.size());
    std::memcpy(bytes.data(), text.data(), size);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), size}; }
};

std::span<const std::string_view> allowed_parameters(CollectionKind kind) {
  static constexpr std::array<std::string_view, 5> kTree = {"profile", "layer", "explain", "raw",
                                                            "revision"};
  static constexpr std::array<std::string_view, 2> kTable = {"raw", "revision"};
  if (kind == CollectionKind::kTree) return kTree;
  return kTable;
}

Parsed<void> read_parameters(const Query& query, Wanted& wanted) {
  const auto profiles = profiles_of(query, *wanted.spec);
  if (!profiles) return tl::make_unexpected(profiles.error());
  const auto revision = revision_of(query);
  if (!revision) return tl::make_unexpected(revision.error());
  const auto explain = flag_of(query, "explain", false);
  if (!explain) return tl::make_unexpected(explain.error());
  const auto raw = flag_of(query, "raw", false);
  if (!raw) return tl::make_unexpected(raw.error());
  if (const auto* const layer = query.find("layer")) {
    wanted.layer = layer->value;
    if (wanted.layer.empty()) return refuse(400, code::kInvalidQuery, "parameter 'layer' is empty");
    if (query.find("profile") != nullptr) {
      return refuse(400, code::kInvalidQuery,
                    "'layer' and 'profile' exclude each other: a layer is one file as written");
    }
  }
  if (*explain && *raw) {
    return refuse(400, code::kInvalidQuery, "'explain' and 'raw' exclude each other");
  }
  wanted.profiles = *profiles;
  wanted.revision = *revision;
  wanted.explain = *explain;
  wanted.raw = *raw;
  return {};
}

/// Whether a layer is one of those that an app's effective documents are merged from.
bool is_layer_of(std::string_view layer, std::string_view app,
                 const publish::CollectionSpec& spec) noexcept {
  const auto name = validate::split_layer_name(layer, spec.profiles);
  return name.app == app || name.app == validate::kCommonLayer;
}

Found look_up_wanted(const Snapshot& snapshot, const Wanted& wanted) noexcept {
  const auto* const collection = snapshot.find(wanted.spec->name);
  if (wanted.layer.empty()) return look_up(collection, wanted.key, wanted.profiles.all());
  const auto* const tree = collection == nullptr ? nullptr : collection->tree();
  if (tree == nullptr) return Found::none(Outcome::kNotLoaded);
  const auto [app, pointer] = split_tree_key(wanted.key);
  if (!tree->has_app(app)) return Found::none(Outcome::kNoEntry);
  const auto* const layer = tree->layer(wanted.layer);
  if (layer == nullptr || !is_layer_of(wanted.layer, app, *wanted.spec)) {
    return Found::none(Outcome::kNoLayer);
  }
  return look_up(*layer, pointer);
}

/// The body, if it already exists as bytes of the snapshot and is short enough to be copied.
std::optional<std::string_view> ready_body(const Found& found, const Wanted& wanted) noexcept {
  if (found.outcome != Outcome::kFound || wanted.explain) return std::nullopt;
  if (found.json.size() > http::kCopyBytesMax) return std::nullopt;
  return wanted.raw ? raw_slice(found.json) : found.json;
}

Problem miss(Outcome outcome, const Wanted& wanted) {
  const std::string in = " in collection '" + wanted.spec->name + "'";
  if (outcome == Outcome::kNotLoaded) return not_loaded(wanted.spec->name);
  if (wanted.spec->kind == CollectionKind::kTable) {
    return {404, code::kNotFound, "no record " + echoed(wanted.key) + in, {}};
  }
  const auto [document, pointer] = split_tree_key(wanted.key);
  switch (outcome) {
    case Outcome::kNoLayer:
      return {404,
              code::kNotFound,
              "document " + echoed(document) + in + " has no layer " + echoed(wanted.layer),
              {}};
    case Outcome::kNoPath: {
      const std::string layer =
          wanted.layer.empty() ? "" : "layer " + echoed(wanted.layer) + " of ";
      return {404,
              code::kNotFound,
              layer + "document " + echoed(document) + in + " has no path " + echoed(pointer),
              {}};
    }
    default:
      return {404, code::kNotFound, "no document " + echoed(document) + in, {}};
  }
}

/// Answers under a pin what takes longer than a section may: long bodies, merging, explaining.
void answer_pinned(const Context& context, const Wanted& wanted, rcu::Pin<Snapshot> pin,
                   const http::Request& request, http::Reply& reply) {
  RevisionText revision;  // set next
  revision.set(pin->revision_text());
  const auto stale_seconds = context.stale_seconds(*pin, wanted.spec->name);
  const DataHead head{revision.view(), wanted.raw ? kPlainText : kJson, stale_seconds};
  const TreeKey key = split_tree_key(wanted.key);
  std::shared_ptr<const snapshot::Document> merged;
  Found found = look_up_wanted(*pin, wanted);
  if (found.outcome == Outcome::kNeedsMerge) {
    std::size_t bytes_left = context.limits.merge_bytes_max;
    auto document = merge_on_demand(*pin->find(wanted.spec->name)->tree(), key.document,
                                    wanted.profiles.all(), bytes_left);
    if (!document) {
      return send_problem(reply, document.error(), revision.view(), stale_seconds);
    }
    merged = *std::move(document);
    found = look_up(*merged, key.pointer);
  }
  if (found.outcome != Outcome::kFound) {
    return send_problem(reply, miss(found.outcome, wanted), revision.view(), stale_seconds);
  }
  if (wanted.explain || wanted.raw) {
    auto body = wanted.raw ? raw_text(found.json)
                           : explain({*found.document, found.node, key.pointer, key.document,
                                      wanted.profiles.all(), wanted.layer, revision.view()},
                                     context.limits.response_bytes_max);
    if (!body) return send_problem(reply, body.error(), revision.view(), stale_seconds);
    return send_owned(request, reply, head, *std::move(body));
  }
  // A slice of a merged document is copied: held, it would keep the whole of it for a slow client.
  if (merged) return send_owned(request, reply, head, std::string(found.json));
  send_held(request, reply, head, found.json,
            std::make_shared<const rcu::Pin<Snapshot>>(std::move(pin)));
}

void answer_wanted(const Context& context, const Wanted& wanted, const http::Request& request,
                   http::Reply& reply) {
  rcu::Pin<Snapshot> pin;
  RevisionText revision;  // set before it is read
  Outcome outcome = Outcome::kNotLoaded;
  bool gone = false;
  std::optional<std::int64_t> stale_seconds;
  {
    const rcu::ReadSection section;
    const Snapshot* const snapshot = select_snapshot(context.view.get(section), wanted.revision);
    gone = snapshot == nullptr;
    if (!gone) {
      stale_seconds = context.stale_seconds(*snapshot, wanted.spec->name);
      const Found found = look_up_wanted(*snapshot, wanted);
      if (const auto body = ready_body(found, wanted)) {
        return send_copied(
            request, reply,
            {snapshot->revision_text(), wanted.raw ? kPlainText : kJson, stale_seconds}, *body);
      }
      outcome = found.outcome;
      revision.set(snapshot->revision_text());
      if (outcome == Outcome::kFound || outcome == Outcome::kNeedsMerge) {
        pin = rcu::Pin<Snapshot>(*snapshot, section);
      }
    }
  }
  if (gone) return send_problem(reply, revision_gone(*wanted.revision));
  if (!pin) {
    return send_problem(reply, miss(outcome, wanted), revision.view(), stale_seconds);
  }
  answer_pinned(context, wanted, std::move(pin), request, reply);
}

}  // namespace

void answer_value(const Context& context, const publish::CollectionSpec& spec, std::string_view key,
                  const http::Request& request, http::Reply& reply) {
  if (const auto fault = entry_key_fault(spec.kind, key); !fault.empty()) {
    return send_problem(reply, {400, code::kInvalidPath, "the path " + std::string(fault), {}});
  }
  Wanted wanted;
  wanted.spec = &spec;
  wanted.key = key;
  if (request.query.empty()) return answer_wanted(context, wanted, request, reply);
  Query query;
  if (const auto known = query.parse(request.query, allowed_parameters(spec.kind)); !known) {
    return send_problem(reply, known.error());
  }
  if (const auto read = read_parameters(query, wanted); !read) {
    return send_problem(reply, read.error());
  }
  answer_wanted(context, wanted, request, reply);
}

}  // namespace lull::api
