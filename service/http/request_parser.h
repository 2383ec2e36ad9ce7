// Beast's parser with a sink of our own, which allocates nothing per field.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/fault.h"
#include "http/handler.h"

namespace lull::http {

/// Bounds on one request; a request that exceeds one is answered 414, 431 or 413.
struct RequestLimits {
  std::size_t target_bytes_max = 0;
  std::size_t header_bytes_max = 0;
  std::size_t body_bytes_max = 0;
};

/// Parses one request; a new object for each. It is stricter than Beast where Beast leaves room for
/// two readings of the same bytes: see accept_field().
/// Threads: one.  Lifetime: `body` must outlive it.  Cost: allocates only to grow `body` and to
/// join fields of one name.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(const RequestLimits& limits, std::string& body);

  /// Parses from `bytes`, which begin at `offset` of the buffer at `base`; the request's first byte
  /// is base[0]. The buffer may move between calls, so fields are kept as offsets from its
  /// beginning.
  std::size_t parse(const char* base, std::size_t offset, std::size_t end,
                    boost::beast::error_code& ec);

  /// What is wrong after parse() gave an error other than need_more. `line` is the request as far
  /// as it is in the buffer: it tells an unknown version from garbage.
  [[nodiscard]] Fault fault(const boost::beast::error_code& ec, std::string_view line) const;

  /// The complete request; `base` as in parse().
  [[nodiscard]] Request request(const char* base) const;

  [[nodiscard]] bool request_line_done() const noexcept { return line_done_; }
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
  [[nodiscard]] bool is_http_11() const noexcept { return version_ == 11; }

 private:
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;
  using Field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb verb, View method, View target, int version,
                       ErrorCode& ec) override;
  void on_response_impl(int code, View reason, int version, ErrorCode& ec) override;
  void on_field_impl(Field field, View name, View value, ErrorCode& ec) override;
  void on_header_impl(ErrorCode& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, ErrorCode& ec) override;
  std::size_t on_body_impl(View bytes, ErrorCode& ec) override;
  void on_chunk_header_impl(std::uint64_t size, View extension, ErrorCode& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, View bytes, ErrorCode& ec) override;
  void on_finish_impl(ErrorCode& ec) override;

  [[nodiscard]] bool is_folded(View name, View value) const noexcept;
  [[nodiscard]] Fault accept_field(Field field, View value);
  void join_if_none_match(View value);
  [[nodiscard]] Fault accept_target(View target) noexcept;
  void refuse(const Fault& fault, ErrorCode& ec) noexcept;
  [[nodiscard]] Span span(View view) const noexcept;

  const RequestLimits& limits_;
  std::string& body_;
  const char* base_ = nullptr;
  const char* end_ = nullptr;
  Fault fault_;
  Span method_text_;
  Span path_;  // size 0: "/", which an absolute form may leave out
  Span query_;
  Span if_none_match_;
  std::string joined_if_none_match_;  // empty: it came in one field at most
  Span content_type_;
  std::size_t chunk_extension_bytes_ = 0;
  unsigned field_count_ = 0;
  int version_ = 11;
  Method method_ = Method::kOther;
  bool line_done_ = false;
  bool header_done_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_content_type_ = false;
  bool expects_continue_ = false;
};

}  // namespace lull::http
