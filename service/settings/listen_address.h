// `HOST:PORT`, as in `listen: 127.0.0.1:8080`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::settings {

struct ListenAddress {
  std::string host;        ///< An IPv4 or IPv6 address, without brackets.
  std::uint16_t port = 0;  ///< 0: any free port.

  /// Accepts `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`; nothing without a port.
  [[nodiscard]] static std::optional<ListenAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

}  // namespace lull::settings
