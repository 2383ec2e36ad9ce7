// The routes of the API: one function each, all with the same context.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.h"
#include "api/target.h"
#include "http/handler.h"
#include "lull/publish/collection_spec.h"
#include "lull/publish/stale_marks.h"
#include "lull/publish/view.h"

namespace lull::api {

/// What http::Reply::route takes: an index into route_names(). No client chooses a name.
enum class Route : std::uint8_t {
  kOther,
  kValue,
  kPage,
  kBatch,
  kCheck,
  kCollections,
  kOperations
};

/// Labels for http::ServerOptions::routes, in the order of Route.
[[nodiscard]] std::vector<std::string> route_names();

/// Bounds on what one request may ask for.
struct Limits {
  std::size_t batch_keys_max = 1000;
  std::size_t check_items_max = 1000;
  /// A page ends early at this size; a batch or an explanation beyond it is response_too_large.
  std::size_t response_bytes_max = 8U << 20U;
  /// Layers that are merged on demand for one request, together; a page then ends early. Merging
  /// runs on a server thread, some 40 ms a MiB, and its other connections wait.
  std::size_t merge_bytes_max = 256U << 10U;
};

/// What every route reads from.
struct Context {
  const publish::PublishedView& view;
  std::span<const publish::CollectionSpec> collections;
  Limits limits;
  const publish::StaleMarks* stale = nullptr;  ///< Null: nothing is ever stale.

  /// What Lull-Stale says of a collection in the revision that is read.
  [[nodiscard]] std::optional<std::int64_t> stale_seconds(
      const snapshot::Snapshot& snapshot, std::string_view collection) const noexcept {
    return stale == nullptr ? std::nullopt : stale->seconds(snapshot, collection);
  }
  /// Null if no collection of that name is declared.
  [[nodiscard]] const publish::CollectionSpec* find(std::string_view name) const noexcept;
};

void answer_collections(const Context& context, const http::Request& request, http::Reply& reply);
/// `key` passed key_fault().
void answer_value(const Context& context, const publish::CollectionSpec& spec, std::string_view key,
                  const http::Request& request, http::Reply& reply);
void answer_page(const Context& context, const publish::CollectionSpec& spec,
                 const http::Request& request, http::Reply& reply);
void answer_batch(const Context& context, const http::Request& request, http::Reply& reply);
void answer_check(const Context& context, const publish::CollectionSpec& spec,
                  const http::Request& request, http::Reply& reply);

/// The problem of a collection whose source was not read yet.
[[nodiscard]] Problem not_loaded(std::string_view collection);
/// The problem of a revision that is not retained (any more, or on this node).
[[nodiscard]] Problem revision_gone(const Revision& revision);
/// Refuses any query parameter: for routes that take none.
[[nodiscard]] Parsed<void> require_no_query(const http::Request& request);

}  // namespace lull::api
