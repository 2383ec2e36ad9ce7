#include "api/options.h"

#include <algorithm>

namespace lull::api {
namespace {

Problem unknown_profile(std::string_view name, const publish::CollectionSpec& spec) {
  std::string detail = "no profile " + echoed(name) + "; collection '" + spec.name + "' declares ";
  if (spec.profiles.empty()) detail += "none";
  for (const std::string& one : spec.profiles) {
    if (&one != &spec.profiles.front()) detail += ", ";
    detail += one;
  }
  return {400, code::kUnknownProfile, std::move(detail), {}};
}

}  // namespace

Parsed<Profiles> profiles_of(const Query& query, const publish::CollectionSpec& spec) {
  Profiles out;
  const auto* const parameter = query.find("profile");
  if (parameter == nullptr) return out;
  std::string_view rest = parameter->value;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
    if (std::ranges::find(spec.profiles, name) == spec.profiles.end()) {
      return tl::make_unexpected(unknown_profile(name, spec));
    }
    if (std::ranges::find(out.all(), name) != out.all().end()) {
      return refuse(400, code::kInvalidQuery, "profile " + echoed(name) + " is given twice");
    }
    if (out.count == Profiles::kMax) {
      return refuse(400, code::kLimit, "more than 16 profiles are given");
    }
    out.names[out.count++] = name;
  }
  return out;
}

Parsed<std::optional<Revision>> revision_of(const Query& query) {
  const auto* const parameter = query.find("revision");
  if (parameter == nullptr) return std::nullopt;
  const auto revision = Revision::parse(parameter->value);
  if (!revision) {
    return refuse(400, code::kInvalidQuery,
                  "revision " + echoed(parameter->value) +
                      " is not of the form epoch.number, as in Lull-Revision");
  }
  return revision;
}

Parsed<bool> flag_of(const Query& query, std::string_view name, bool missing) {
  const auto* const parameter = query.find(name);
  if (parameter == nullptr) return missing;
  if (parameter->value.empty() || parameter->value == "true") return true;
  if (parameter->value == "false") return false;
  return refuse(
      400, code::kInvalidQuery,
      "parameter '" + std::string(name) + "' takes true or false, not " + echoed(parameter->value));
}

const snapshot::Snapshot* select_snapshot(const publish::View& view,
                                          const std::optional<Revision>& revision) noexcept {
  return revision ? view.find(*revision) : &view.current();
}

}  // namespace lull::api
