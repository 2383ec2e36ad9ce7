// Query parameters that several routes share.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "api/problem.h"
#include "api/target.h"
#include "lull/publish/collection_spec.h"
#include "lull/publish/view.h"

namespace lull::api {

/// The profiles of `?profile=a,b` in the order asked: views into the query.
struct Profiles {
  static constexpr std::size_t kMax = 16;
  std::array<std::string_view, kMax> names;
  std::size_t count = 0;

  [[nodiscard]] std::span<const std::string_view> all() const noexcept {
    return {names.data(), count};
  }
};

/// `?profile=`; without it, none. Errors: unknown_profile for one that is not declared, naming
/// those that are; invalid_query for one that is given twice.
[[nodiscard]] Parsed<Profiles> profiles_of(const Query& query, const publish::CollectionSpec& spec);

/// `?revision=`; without it, nothing: the current one. Errors: invalid_query.
[[nodiscard]] Parsed<std::optional<Revision>> revision_of(const Query& query);

/// `?name`, `?name=true` or `?name=false`; without it, `missing`. Errors: invalid_query.
[[nodiscard]] Parsed<bool> flag_of(const Query& query, std::string_view name, bool missing);

/// The snapshot that a request reads: the current one or the one asked for; null if that is gone.
[[nodiscard]] const snapshot::Snapshot* select_snapshot(
    const publish::View& view, const std::optional<Revision>& revision) noexcept;

}  // namespace lull::api
