#include "lull/validate/layering.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <unordered_map>

namespace lull::validate {
namespace {

using codec::Node;

/// Below this many members a linear search beats building an index.
constexpr std::size_t kIndexedMembersMin = 16;

/// For each member of `overlay`, the number of the base's member of the same name, or the base's
/// size. All are found before any is merged: appending to the base moves its names.
std::vector<std::size_t> matches(const Node& base, const Node& overlay) {
  std::vector<std::size_t> out;
  out.reserve(overlay.children.size());
  if (base.children.size() < kIndexedMembersMin) {
    for (const auto& [name, value] : overlay.children) {
      const auto found = std::ranges::find(base.children, name, &codec::Member::name);
      out.push_back(static_cast<std::size_t>(found - base.children.begin()));
    }
    return out;
  }
  std::unordered_map<std::string_view, std::size_t> index;
  index.reserve(base.children.size());
  for (std::size_t i = 0; i < base.children.size(); ++i) index.emplace(base.children[i].name, i);
  for (const auto& [name, value] : overlay.children) {
    const auto found = index.find(name);
    out.push_back(found == index.end() ? base.children.size() : found->second);
  }
  return out;
}

/// Depth is that of the parsed documents, which the parser bounds.
void merge_into(Node& base, const Node& overlay) {
  if (base.kind != Node::Kind::kObject || overlay.kind != Node::Kind::kObject) {
    base = overlay;
    return;
  }
  const std::vector<std::size_t> found = matches(base, overlay);
  const std::size_t known = base.children.size();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] < known) {
      merge_into(base.children[found[i]].value, overlay.children[i].value);
    } else {
      base.children.push_back(overlay.children[i]);
    }
  }
}

}  // namespace

LayerName split_layer_name(std::string_view name,
                           std::span<const std::string> declared_profiles) noexcept {
  LayerName out{name, {}};
  for (const std::string& profile : declared_profiles) {
    // At least one character of app, a dash, the profile.
    if (profile.empty() || name.size() < profile.size() + 2 || !name.ends_with(profile)) continue;
    const std::size_t dash = name.size() - profile.size() - 1;
    if (name[dash] != '-' || profile.size() <= out.profile.size()) continue;
    out = {name.substr(0, dash), name.substr(dash + 1)};
  }
  return out;
}

std::vector<std::string> layer_order(std::string_view app,
                                     std::span<const std::string_view> profiles) {
  std::vector<std::string> out;
  const auto add = [&out](std::string name) {
    if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
  };
  add(std::string(kCommonLayer));
  add(std::string(app));
  for (const std::string_view profile : profiles) {
    for (const std::string_view owner : {kCommonLayer, app}) {
      std::string name(owner);
      name += '-';
      name += profile;
      add(std::move(name));
    }
  }
  return out;
}

codec::Node merge_layers(std::span<const codec::Node* const> lowest_first) {
  if (lowest_first.empty()) {
    Node nothing;
    nothing.kind = Node::Kind::kObject;
    return nothing;
  }
  Node out = *lowest_first.front();
  for (const Node* layer : lowest_first.subspan(1)) merge_into(out, *layer);
  return out;
}

}  // namespace lull::validate
