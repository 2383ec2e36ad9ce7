// What the HTTP layer hands to the program and takes back. It knows nothing of snapshots.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace lull::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions, kOther };

/// A complete, well-formed request. All views are good until handle() returns.
struct Request {
  Method method = Method::kGet;
  std::string_view method_text;
  std::string_view path;   ///< The target up to '?', still percent-encoded; starts with '/'.
  std::string_view query;  ///< The target after '?', still encoded; empty if there is none.
  std::string_view if_none_match;
  std::string_view content_type;
  std::string_view body;
};

/// Pins what a long body is part of until it is sent. Destroyed on any thread.
using BodyHold = std::shared_ptr<const void>;

struct Header {
  std::string_view name;
  std::string_view value;
};

/// Status line and header fields of a reply. Content-Length, Date and Connection are added.
struct ReplyHead {
  unsigned status = 200;
  std::string_view content_type;  ///< Empty: none is sent.
  static constexpr std::size_t kHeadersMax = 8;
  std::array<Header, kHeadersMax> headers{};
  std::size_t header_count = 0;

  void add(std::string_view name,
           std::string_view value) noexcept;  ///< Asserts that there is room.
};

/// The standard phrase of a status (RFC 9110), or an empty view.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

/// What a 503 of any kind says.
inline constexpr Header kRetryAfter{"Retry-After", "1"};

/// The head of a problem (RFC 9457), with Retry-After for 503.
[[nodiscard]] ReplyHead problem_head(unsigned status) noexcept;

/// Where a handler puts its one reply. For HEAD the body is counted but not sent; 204 and 304 have
/// none. Threads: the one that called handle().  Cost: send() is one copy into the write buffer,
/// which connections of a thread share and which grows when it has to.
class Reply {
 public:
  Reply() = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  virtual ~Reply() = default;

  /// Copies head and body. For bodies up to kCopyBytesMax.
  virtual void send(const ReplyHead& head, std::string_view body) = 0;
  /// Copies the head; sends `body` from where it is, and keeps `hold` until that is done. Under
  /// memory pressure a client that is slow to take it is cut: see ServerOptions::pin_age_max.
  virtual void send_held(const ReplyHead& head, std::string_view body, BodyHold hold) = 0;
  /// Copies the head; keeps `body`, which was made for this reply, until it is sent.
  virtual void send_owned(const ReplyHead& head, std::string body) = 0;
  /// Labels the request in the metrics: an index into ServerOptions::routes.
  virtual void route(std::uint8_t index) noexcept = 0;
};

inline constexpr std::size_t kCopyBytesMax = 16U << 10U;

/// Answers requests. Threads: handle() is called from all server threads at once.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  /// Calls exactly one of the reply's send functions before it returns; must not block.
  virtual void handle(const Request& request, Reply& reply) = 0;
  /// A problem that the HTTP layer itself found (400, 408, 413, 414, 431, 501, 503, 505): the body
  /// to send with it, as application/problem+json. `code` is a stable word.
  [[nodiscard]] virtual std::string problem(unsigned status, std::string_view code,
                                            std::string_view detail) const = 0;
};

}  // namespace lull::http
