// A server whose handler tells the client what it got.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "http/server.h"

namespace lull::http::test {

/// Answers by path:
///   /held/N      N bytes that are held, as the pattern of held_text()
///   /owned/N     N bytes of the reply's own
///   /bytes/N     N bytes, copied
///   /slow/N      "slow", after N milliseconds of work
///   /status/N    that status with the body "status"
///   /throw       an exception; /throw-late one after the reply
///   /silent      no reply at all
///   other        what the request was, as text
class EchoHandler final : public Handler {
 public:
  void handle(const Request& request, Reply& reply) override;
  [[nodiscard]] std::string problem(unsigned status, std::string_view code,
                                    std::string_view detail) const override;

  std::atomic<int> handled{0};
  std::atomic<int> holds_alive{0};
  std::atomic<int> holds_released{0};
};

/// What the echo handler says of a request.
std::string describe(const Request& request);
/// The body of /held/N and /owned/N.
std::string held_text(std::size_t bytes);

/// A server on a free port of the loopback interface.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {});

  [[nodiscard]] std::uint16_t port() const { return server->endpoints().front().port; }

  EchoHandler handler;
  std::unique_ptr<Server> server;
};

}  // namespace lull::http::test
