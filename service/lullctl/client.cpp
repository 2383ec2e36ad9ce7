#include "lullctl/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <limits>

namespace lull::lullctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kUnixScheme = "unix:";

tl::unexpected<Error> not_an_address(const std::string& text) {
  return fail(ErrorCode::kInvalid, "'" + text + "' is not a server's address", {},
              "it looks like http://127.0.0.1:8080, or unix:/run/lull.sock");
}

/// One request on a connection of its own. `connect(stream, done)` begins to connect.
template <class Protocol, class Connect>
Result<Reply> exchange(asio::io_context& context, const std::string& host,
                       const std::string& target, std::chrono::seconds timeout, Connect connect) {
  beast::basic_stream<Protocol> stream(context);
  beast::http::request<beast::http::empty_body> request(beast::http::verb::get, target, 11);
  request.set(beast::http::field::host, host);
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
  stream.expires_after(timeout);
  connect(stream, note);
  if (run()) {
    beast::http::async_write(stream, request, note);
    if (run()) {
      beast::http::async_read(stream, buffer, parser, note);
      run();
    }
  }
  if (error) {
    return fail(ErrorCode::kUnavailable, error.message(), {},
                "is lulld running there? name another server with --server");
  }
  return Reply{parser.get().result_int(), std::move(parser.get().body())};
}

}  // namespace

Result<Client> Client::of(std::string_view url, std::chrono::seconds timeout) {
  const std::string shown(url);
  if (url.starts_with(kUnixScheme)) {
    const std::string_view path = url.substr(kUnixScheme.size());
    if (path.empty()) return not_an_address(shown);
    return Client("localhost", {}, std::string(path), timeout);
  }
  if (!url.starts_with(kScheme)) return not_an_address(shown);
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
    return not_an_address(shown);
  }
  return Client(std::string(host), std::string(port), {}, timeout);
}

Result<Reply> Client::get(const std::string& target) const {
  const bool v6 = host_.find(':') != std::string::npos;
  const std::string address =
      path_.empty() ? (v6 ? "[" + host_ + "]" : host_) + ":" + port_ : "unix:" + path_;
  try {
    asio::io_context context;
    auto reply =
        path_.empty()
            ? exchange<asio::ip::tcp>(
                  context, address, target, timeout_,
                  [&](auto& stream, auto done) {
                    const auto endpoints = asio::ip::tcp::resolver(context).resolve(host_, port_);
                    stream.async_connect(
                        endpoints, [done](beast::error_code result, const auto&) { done(result); });
                  })
            : exchange<asio::local::stream_protocol>(
                  context, host_, target, timeout_, [&](auto& stream, auto done) {
                    stream.async_connect(asio::local::stream_protocol::endpoint(path_),
                                         [done](beast::error_code result) { done(result); });
                  });
    if (!reply) reply.error().message = "no answer from " + address + ": " + reply.error().message;
    return reply;
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
