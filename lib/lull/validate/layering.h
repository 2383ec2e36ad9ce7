// Which files make up an app's effective document, and how they merge. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/codec/node.h"

namespace lull::validate {

inline constexpr std::string_view kCommonLayer = "application";

/// What a document's name stands for among declared profiles: the layer `profile` of `app`, or,
/// with an empty profile, the app's own. The longest declared profile that fits wins.
struct LayerName {
  std::string_view app;
  std::string_view profile;
};
[[nodiscard]] LayerName split_layer_name(std::string_view name,
                                         std::span<const std::string> declared_profiles) noexcept;

/// The names of the layers of an app, lowest first: `application`, `{app}`, then for each profile
/// in the order asked `application-{p}`, `{app}-{p}`. No name twice (app `application`).
[[nodiscard]] std::vector<std::string> layer_order(std::string_view app,
                                                   std::span<const std::string_view> profiles);

/// Merges layers, lowest first: objects by key, anything else is replaced whole (null too). Every
/// node keeps the origin of the layer that set it.
[[nodiscard]] codec::Node merge_layers(std::span<const codec::Node* const> lowest_first);

}  // namespace lull::validate
