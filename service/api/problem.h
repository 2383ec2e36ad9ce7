// Errors as RFC 9457 has them: application/problem+json with a stable `code`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "http/handler.h"

namespace lull::api {

/// The codes of this API. Clients may rely on them; they are never renamed.
namespace code {
inline constexpr std::string_view kCollectionNotFound = "collection_not_found";  // 404
inline constexpr std::string_view kInvalidBody = "invalid_body";                 // 400
inline constexpr std::string_view kInvalidCursor = "invalid_cursor";             // 400
inline constexpr std::string_view kInvalidKey = "invalid_key";                   // per item
inline constexpr std::string_view kInvalidPath = "invalid_path";                 // 400
inline constexpr std::string_view kInvalidQuery = "invalid_query";               // 400
inline constexpr std::string_view kLimit = "limit";                              // 400
inline constexpr std::string_view kMethodNotAllowed = "method_not_allowed";      // 405
inline constexpr std::string_view kNoQuantity = "no_quantity";                   // 404, per item
inline constexpr std::string_view kNotAScalar = "not_a_scalar";                  // 400
inline constexpr std::string_view kNotFound = "not_found";                       // 404, per item
inline constexpr std::string_view kNotLoaded = "not_loaded";                     // 503, per item
inline constexpr std::string_view kResponseTooLarge = "response_too_large";      // 413
inline constexpr std::string_view kRevisionGone = "revision_gone";               // 410
inline constexpr std::string_view kRouteNotFound = "route_not_found";            // 404
inline constexpr std::string_view kUnknownProfile = "unknown_profile";           // 400
inline constexpr std::string_view kUnsupportedMediaType = "unsupported_media_type";  // 415
}  // namespace code

/// What routes that are read take.
inline constexpr std::string_view kReadMethods = "GET, HEAD, OPTIONS";

/// One refused request. Threads: a plain value.
struct Problem {
  unsigned status = 400;
  std::string_view code;   ///< One of `code`.
  std::string detail;      ///< What is wrong and what is allowed; echoes input by echoed() only.
  std::string_view allow;  ///< 405: the methods there are; static text.
};

/// A value, or the problem to answer instead.
template <class T>
using Parsed = tl::expected<T, Problem>;

[[nodiscard]] tl::unexpected<Problem> refuse(unsigned status, std::string_view code,
                                             std::string detail);

/// A part of the request as a detail may show it: in quotes, valid UTF-8, cut after 64 bytes.
[[nodiscard]] std::string echoed(std::string_view input);

/// The body of a problem. `detail` must be valid UTF-8.
[[nodiscard]] std::string problem_json(unsigned status, std::string_view code,
                                       std::string_view detail);

/// Answers a method that a route does not take: OPTIONS by 204, any other by 405. `allow` lists, as
/// static text, those that it takes.
void send_allowed(const http::Request& request, http::Reply& reply, std::string_view allow);

/// The value of Lull-Stale. Lives as long as the head that it goes into.
class StaleText {
 public:
  [[nodiscard]] std::string_view set(std::int64_t seconds) noexcept;

 private:
  std::array<char, 20> digits_;  // written before it is read
};

/// Sends a problem, with Retry-After for 503 and Allow for 405. `revision` is the one that was read
/// to find it, `stale_seconds` how old that is; empty if none was.
void send_problem(http::Reply& reply, const Problem& problem, std::string_view revision = {},
                  std::optional<std::int64_t> stale_seconds = {});

}  // namespace lull::api
