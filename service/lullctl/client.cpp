#include "lullctl/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <limits>

namespace lull::lullctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::string_view kScheme = "http://";

}  // namespace

Result<Client> Client::of(std::string_view url, std::chrono::seconds timeout) {
  const std::string shown(url);
  if (!url.starts_with(kScheme)) {
    return fail(ErrorCode::kInvalid, "'" + shown + "' is not a server's address", {},
                "it looks like http://127.0.0.1:8080");
  }
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  std::string_view host = url;
  std::string_view port = "80";
  const std::size_t colon = url.rfind(':');
  if (colon != std::string_view::npos && !url.ends_with(']')) {
    host = url.substr(0, colon);
    port = url.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || port.empty() || url.find('/') != std::string_view::npos) {
    return fail(ErrorCode::kInvalid, "'" + shown + "' is not a server's address", {},
                "it looks like http://127.0.0.1:8080");
  }
  return Client(std::string(host), std::string(port), timeout);
}

Result<Reply> Client::get(const std::string& target) const {
  const bool v6 = host_.find(':') != std::string::npos;
  const std::string address = (v6 ? "[" + host_ + "]" : host_) + ":" + port_;
  try {
    asio::io_context context;
    beast::tcp_stream stream(context);
    beast::http::request<beast::http::empty_body> request(beast::http::verb::get, target, 11);
    request.set(beast::http::field::host, address);
    request.set(beast::http::field::connection, "close");
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    beast::flat_buffer buffer;
    beast::error_code error;
    const auto note = [&](beast::error_code result, std::size_t = 0) { error = result; };
    const auto run = [&] {
      context.restart();
      context.run();
      return !error;
    };
    const auto endpoints = asio::ip::tcp::resolver(context).resolve(host_, port_);
    stream.expires_after(timeout_);
    stream.async_connect(endpoints, [&](beast::error_code result, const auto&) { error = result; });
    if (run()) {
      beast::http::async_write(stream, request, note);
      if (run()) {
        beast::http::async_read(stream, buffer, parser, note);
        run();
      }
    }
    if (error) {
      return fail(ErrorCode::kUnavailable, "no answer from " + address + ": " + error.message(), {},
                  "is lulld running there? name another server with --server");
    }
    return Reply{parser.get().result_int(), std::move(parser.get().body())};
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnavailable, "cannot ask " + address + ": " + error.what(), {},
                "name another server with --server");
  }
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  static constexpr std::string_view kUnreserved = "-._~";
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kUnreserved.find(c) != std::string_view::npos || (c == '/' && keep_slashes);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
  return out;
}

}  // namespace lull::lullctl
