// Where a server listens, as in `listen: 127.0.0.1:8080`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::http {

struct Endpoint {
  enum class Kind : std::uint8_t {
    kTcp,      ///< `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`
    kUnix,     ///< `unix:/run/lull.sock`
    kSystemd,  ///< `systemd`: the sockets that the service manager opened, see sd_listen_fds(3)
  };
  Kind kind = Kind::kTcp;
  std::string host;        ///< kTcp: an IPv4 or IPv6 address, without brackets.
  std::uint16_t port = 0;  ///< kTcp; 0: any free port.
  std::string path;        ///< kUnix: of the socket.

  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] static Endpoint tcp(std::string host, std::uint16_t port) {
    return {Kind::kTcp, std::move(host), port, {}};
  }
  [[nodiscard]] std::string text() const;
};

}  // namespace lull::http
