#include "http/handler.h"

#include <boost/beast/http/status.hpp>
#include <cassert>

namespace lull::http {

void ReplyHead::add(std::string_view name, std::string_view value) noexcept {
  assert(header_count < kHeadersMax);
  assert(value.find_first_of("\r\n") == std::string_view::npos);
  if (header_count < kHeadersMax) headers[header_count++] = {name, value};
}

std::string_view reason_phrase(unsigned status) noexcept {
  namespace http = boost::beast::http;
  if (status == 413) return "Content Too Large";  // Beast has the phrase before RFC 9110
  const auto known = http::int_to_status(status);
  if (known == http::status::unknown) return {};
  return http::obsolete_reason(known);
}

ReplyHead problem_head(unsigned status) noexcept {
  ReplyHead head;
  head.status = status;
  head.content_type = "application/problem+json";
  if (status == 503) head.add(kRetryAfter.name, kRetryAfter.value);
  return head;
}

}  // namespace lull::http
