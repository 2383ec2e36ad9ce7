// Sends data: with its revision, and on GET and HEAD with its ETag, or a 304 instead.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/handler.h"

namespace lull::api {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

/// A strong entity tag in quotes: the 128-bit hash of the bytes, the same for equal bytes in any
/// revision and on any node.
[[nodiscard]] std::array<char, 34> entity_tag(std::string_view body) noexcept;

/// Whether an If-None-Match field matches: a list, `*`, or neither; weak comparison (RFC 9110,
/// 13.1.2). What cannot be parsed does not match.
[[nodiscard]] bool none_match_matches(std::string_view field, std::string_view tag) noexcept;

/// What a data reply says besides its body.
struct DataHead {
  std::string_view revision;
  std::string_view content_type = kJson;
  /// How old what is served is, where its source was not read since the start.
  std::optional<std::int64_t> stale_seconds = std::nullopt;
};

/// Sends bytes that live until this returns, at most http::kCopyBytesMax of them. May be called
/// inside a read section: it hashes and copies, and does not block; it allocates only where the
/// write buffer of the thread has to grow.
void send_copied(const http::Request& request, http::Reply& reply, const DataHead& head,
                 std::string_view body);

/// Sends bytes that `hold` pins, whatever their size. Not inside a read section.
void send_held(const http::Request& request, http::Reply& reply, const DataHead& head,
               std::string_view body, http::BodyHold hold);

/// Sends a body of its own. Not inside a read section.
void send_owned(const http::Request& request, http::Reply& reply, const DataHead& head,
                std::string body);

}  // namespace lull::api
