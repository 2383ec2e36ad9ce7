// `?explain`: which file and line set each leaf.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/problem.h"
#include "lull/snapshot/document.h"

namespace lull::api {

/// What is explained, and as what it was asked for.
struct Explained {
  const snapshot::Document& document;
  snapshot::Document::Node node;
  std::string_view pointer;  ///< Of the node, without its leading '/'.
  std::string_view app;
  std::span<const std::string_view> profiles;
  std::string_view layer;  ///< Empty: the effective document.
  std::string_view revision;
};

/// `{"revision":"4be1.7","app":"payment","profiles":["prod"],"leaves":[{"path":"/db/url","value":..,
/// "file":"payment.yaml","line":3}]}`, with `layer` instead of `profiles` where one was asked for.
/// Leaves are scalars, empty objects and empty arrays, in the order of the document.
/// Errors: response_too_large.
[[nodiscard]] Parsed<std::string> explain(const Explained& what, std::size_t bytes_max);

}  // namespace lull::api
