#include "settings/listen_address.h"

#include <charconv>

namespace lull::settings {

std::optional<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address needs brackets
  }
  ListenAddress out;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (host.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) {
    return std::nullopt;
  }
  out.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  return out;
}

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace lull::settings
