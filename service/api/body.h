// The bodies of batch and check.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.h"
#include "http/handler.h"

namespace lull::api {

/// Whether the body says it is JSON; a request without a Content-Type is taken as JSON.
/// Errors: unsupported_media_type.
[[nodiscard]] Parsed<void> require_json(const http::Request& request);

/// `{"keys":["config/payment/db/url",..]}`: the keys as they are, in their order.
/// Errors of both: invalid_body with the byte where it goes wrong, for anything else than this
/// shape (unknown or repeated members, other types, what follows the end); limit for more than
/// `count_max`.
[[nodiscard]] Parsed<std::vector<std::string>> parse_batch(std::string_view body,
                                                           std::size_t count_max);

struct CheckItem {
  std::string key;
  std::int64_t quantity = 0;  ///< 1 or more.
};

/// `{"items":[{"key":"SKU-1","quantity":2},..]}`.
[[nodiscard]] Parsed<std::vector<CheckItem>> parse_check(std::string_view body,
                                                         std::size_t count_max);

}  // namespace lull::api
