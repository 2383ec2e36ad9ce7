#include "http/endpoint.h"

#include <sys/un.h>

#include <charconv>

namespace lull::http {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kSystemdText = "systemd";
constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

}  // namespace

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  if (text == kSystemdText) return Endpoint{Kind::kSystemd, {}, 0, {}};
  if (text.starts_with(kUnixPrefix)) {
    const std::string_view path = text.substr(kUnixPrefix.size());
    if (path.empty() || path.size() > kPathBytesMax || path.find('\0') != std::string_view::npos) {
      return std::nullopt;
    }
    return Endpoint{Kind::kUnix, {}, 0, std::string(path)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address needs brackets
  }
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) {
    return std::nullopt;
  }
  return tcp(host == "localhost" ? "127.0.0.1" : std::string(host), number);
}

std::string Endpoint::text() const {
  if (kind == Kind::kSystemd) return std::string(kSystemdText);
  if (kind == Kind::kUnix) return std::string(kUnixPrefix) + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace lull::http
