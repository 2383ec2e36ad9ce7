#include "http/request_parser.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/error.hpp>
#include <limits>

namespace lull::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;

constexpr unsigned kFieldsMax = 100;
constexpr std::size_t kChunkExtensionBytesMax = 4096;  // all chunks of one request together

constexpr Fault bad(const char* detail) {
  return {400, "bad_request", detail};
}

Method method_of(beast::http::verb known) noexcept {
  using beast::http::verb;
  switch (known) {
    case verb::get:
      return Method::kGet;
    case verb::head:
      return Method::kHead;
    case verb::post:
      return Method::kPost;
    case verb::put:
      return Method::kPut;
    case verb::patch:
      return Method::kPatch;
    case verb::delete_:
      return Method::kDelete;
    case verb::options:
      return Method::kOptions;
    default:
      return Method::kOther;
  }
}

constexpr std::array<bool, 256> kHostBytes = [] {
  std::array<bool, 256> out{};
  for (unsigned c = '0'; c <= '9'; ++c) out[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) out[c] = out[c - 'a' + 'A'] = true;
  for (const char c : std::string_view("-._~%!$&'()*+;=:[]"))
    out[static_cast<unsigned char>(c)] = true;
  return out;
}();

bool is_host(beast::string_view value) noexcept {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return kHostBytes[static_cast<unsigned char>(c)]; });
}

bool has_control_byte(beast::string_view value) noexcept {
  return std::any_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

// "... HTTP/2.0\r": well-formed, but of a version that we don't speak.
bool names_another_version(std::string_view line) noexcept {
  line = line.substr(0, line.find('\r'));
  const auto space = line.rfind(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view version = line.substr(space + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
         version[6] == '.' && is_digit(version[7]) && version != "HTTP/1.1" &&
         version != "HTTP/1.0";
}

}  // namespace

RequestParser::RequestParser(const RequestLimits& limits, std::string& body)
    : limits_(limits), body_(body) {
  // Beast counts what one call sees, so that its limit depends on how the bytes were split.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(limits.body_bytes_max);
}

std::size_t RequestParser::parse(const char* base, std::size_t offset, std::size_t end,
                                 beast::error_code& ec) {
  base_ = base;
  end_ = base + end;
  return put({base + offset, end - offset}, ec);
}

Fault RequestParser::fault(const beast::error_code& ec, std::string_view line) const {
  if (fault_) return fault_;
  if (ec == error::body_limit) {
    return {413, "body_too_large", "the request body is longer than request_body_bytes_max"};
  }
  if (ec == error::header_limit) {
    return {431, "header_too_large", "the header fields are longer than header_bytes_max"};
  }
  if (ec == error::bad_version) {
    if (names_another_version(line)) {
      return {505, "version_not_supported", "this server speaks HTTP/1.1 and HTTP/1.0"};
    }
    return bad("the request line must end in HTTP/1.1 and CR LF");
  }
  if (ec == error::bad_method) return bad("the method must be a token");
  if (ec == error::bad_target) return bad("the request target holds a byte that is not allowed");
  if (ec == error::bad_field) return bad("a field name must be a token, directly before its colon");
  if (ec == error::bad_value) return bad("a field value holds a byte that is not allowed");
  if (ec == error::bad_line_ending) return bad("lines must end in CR LF");
  if (ec == error::bad_content_length || ec == error::multiple_content_length) {
    return bad("Content-Length must be one decimal number, without Transfer-Encoding");
  }
  if (ec == error::bad_transfer_encoding) {
    return bad("Transfer-Encoding must be chunked, once and without Content-Length");
  }
  if (ec == error::bad_chunk || ec == error::bad_chunk_extension) {
    return bad("the chunked body is malformed");
  }
  return bad("the request is malformed");
}

Request RequestParser::request(const char* base) const {
  const auto view = [base](Span s) { return std::string_view(base + s.offset, s.size); };
  Request out;
  out.method = method_;
  out.method_text = view(method_text_);
  out.path = path_.size == 0 ? std::string_view("/") : view(path_);
  out.query = view(query_);
  out.if_none_match = joined_if_none_match_.empty() ? view(if_none_match_)
                                                    : std::string_view(joined_if_none_match_);
  out.content_type = view(content_type_);
  out.body = body_;
  return out;
}

void RequestParser::on_request_impl(beast::http::verb verb, View method, View target, int version,
                                    ErrorCode& ec) {
  line_done_ = true;
  version_ = version;
  method_ = method_of(verb);
  method_text_ = span(method);
  if (method_ == Method::kOther) {
    return refuse({501, "not_implemented", "this server does not know the method"}, ec);
  }
  if (const Fault fault = accept_target(target)) refuse(fault, ec);
}

Fault RequestParser::accept_target(View target) noexcept {
  if (target.size() > limits_.target_bytes_max) {
    return {414, "target_too_long", "the request target is longer than target_bytes_max"};
  }
  if (target == "*") return {501, "not_implemented", "this server does not answer for *"};
  if (target.find('#') != View::npos) return bad("a request target has no fragment");
  if (target.front() != '/') {  // absolute form (RFC 9112, 3.2.2): the authority is ours anyway
    const std::size_t scheme = beast::iequals(target.substr(0, 7), "http://")    ? 7
                               : beast::iequals(target.substr(0, 8), "https://") ? 8
                                                                                 : 0;
    if (scheme == 0) return bad("the request target must start with / or http://");
    target.remove_prefix(scheme);
    const std::size_t authority = std::min(target.find_first_of("/?"), target.size());
    if (authority == 0 || !is_host(target.substr(0, authority))) {
      return bad("the request target names no valid host");
    }
    target.remove_prefix(authority);
  }
  const std::size_t path = std::min(target.find('?'), target.size());
  path_ = span(target.substr(0, path));
  if (path < target.size()) query_ = span(target.substr(path + 1));
  return {};
}

void RequestParser::on_response_impl(int, View, int, ErrorCode&) {}

void RequestParser::on_field_impl(Field field, View name, View value, ErrorCode& ec) {
  if (++field_count_ > kFieldsMax) {
    return refuse({431, "header_too_large", "there are more than 100 header fields"}, ec);
  }
  if (is_folded(name, value)) return refuse(bad("a field value must stand on one line"), ec);
  if (header_done_) return;  // trailers are checked, not used
  if (const Fault fault = accept_field(field, value)) refuse(fault, ec);
}

// Beast joins continuation lines in a buffer of its own, or skips an empty first line.
bool RequestParser::is_folded(View name, View value) const noexcept {
  const char* const name_end = name.data() + name.size();
  const std::less<> before;
  if (before(value.data(), name_end) || before(end_, value.data())) return true;
  return std::find(name_end, value.data(), '\n') != value.data();
}

Fault RequestParser::accept_field(Field field, View value) {
  switch (field) {
    case Field::host:
      if (has_host_) return bad("there is more than one Host field");
      if (!is_host(value)) return bad("the Host field is malformed");
      has_host_ = true;
      return {};
    case Field::content_length:  // Beast takes repeated equal lengths, others may take the first
      if (has_length_ || value.find(',') != View::npos) {
        return bad("there is more than one Content-Length");
      }
      has_length_ = true;
      return {};
    case Field::transfer_encoding:
      if (version_ < 11) return bad("HTTP/1.0 has no Transfer-Encoding");
      if (beast::iequals(value, "chunked")) return {};
      if (value.size() > 7 && beast::iequals(value.substr(value.size() - 7), "chunked") &&
          value.find(',') != View::npos) {
        return {501, "not_implemented", "chunked is the only transfer coding that is understood"};
      }
      return bad("Transfer-Encoding must be chunked");
    case Field::expect:
      if (!beast::iequals(value, "100-continue")) {
        return {417, "expectation_failed",
                "100-continue is the only expectation that is understood"};
      }
      expects_continue_ = version_ == 11;
      return {};
    case Field::content_type:
      if (has_content_type_) return bad("there is more than one Content-Type");
      has_content_type_ = true;
      content_type_ = span(value);
      return {};
    case Field::if_none_match:
      join_if_none_match(value);
      return {};
    default:
      return {};
  }
}

// A list may come in several fields (RFC 9110, 5.3).
void RequestParser::join_if_none_match(View value) {
  if (if_none_match_.size == 0) {
    if_none_match_ = span(value);
    return;
  }
  std::string& joined = joined_if_none_match_;
  if (joined.empty()) joined.assign(base_ + if_none_match_.offset, if_none_match_.size);
  joined.append(", ").append(value.data(), value.size());
}

void RequestParser::on_header_impl(ErrorCode& ec) {
  header_done_ = true;
  if (!has_host_ && version_ == 11) refuse(bad("HTTP/1.1 needs a Host field"), ec);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) {}

std::size_t RequestParser::on_body_impl(View bytes, ErrorCode&) {
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, View extension, ErrorCode& ec) {
  chunk_extension_bytes_ += extension.size();
  if (chunk_extension_bytes_ > kChunkExtensionBytesMax) {
    return refuse(bad("the chunk extensions are longer than 4096 bytes"), ec);
  }
  if (has_control_byte(extension)) refuse(bad("a chunk extension holds a control byte"), ec);
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View bytes, ErrorCode&) {
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

void RequestParser::on_finish_impl(ErrorCode&) {}

void RequestParser::refuse(const Fault& fault, ErrorCode& ec) noexcept {
  fault_ = fault;
  ec = error::bad_field;
}

RequestParser::Span RequestParser::span(View view) const noexcept {
  return {static_cast<std::uint32_t>(view.data() - base_), static_cast<std::uint32_t>(view.size())};
}

}  // namespace lull::http
