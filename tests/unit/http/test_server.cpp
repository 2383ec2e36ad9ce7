#include "test_server.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace lull::http::test {
namespace {

std::size_t number_after(std::string_view path, std::string_view prefix) {
  return std::strtoul(std::string(path.substr(prefix.size())).c_str(), nullptr, 10);
}

}  // namespace

std::string describe(const Request& request) {
  std::string out;
  for (const std::string_view part : {request.method_text, request.path, request.query,
                                      request.if_none_match, request.content_type, request.body}) {
    out.append("[").append(part).append("]");
  }
  return out;
}

std::string held_text(std::size_t bytes) {
  std::string out(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>('a' + i % 23);
  return out;
}

void EchoHandler::handle(const Request& request, Reply& reply) {
  ++handled;
  ReplyHead head;
  head.content_type = "text/plain";
  if (request.path.starts_with("/held/")) {
    ++holds_alive;
    auto* text = new std::string(held_text(number_after(request.path, "/held/")));
    const std::string_view view = *text;
    const BodyHold hold(text, [this](const std::string* bytes) {
      delete bytes;
      --holds_alive;
      ++holds_released;
    });
    reply.send_held(head, view, hold);
  } else if (request.path.starts_with("/owned/")) {
    reply.send_owned(head, held_text(number_after(request.path, "/owned/")));
  } else if (request.path.starts_with("/slow/")) {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(number_after(request.path, "/slow/"));
    while (std::chrono::steady_clock::now() < end) {
    }
    reply.send(head, "slow");
  } else if (request.path.starts_with("/bytes/")) {
    reply.send(head, held_text(number_after(request.path, "/bytes/")));
  } else if (request.path.starts_with("/status/")) {
    head.status = static_cast<unsigned>(number_after(request.path, "/status/"));
    reply.route(1);
    reply.send(head, "status");
  } else if (request.path == "/throw") {
    throw std::runtime_error("thrown by the test");
  } else if (request.path == "/throw-late") {
    reply.send(head, "half");
    throw std::runtime_error("thrown by the test");
  } else if (request.path != "/silent") {
    head.add("X-Echo", "1");
    reply.send(head, describe(request));
  }
}

std::string EchoHandler::problem(unsigned status, std::string_view code,
                                 std::string_view detail) const {
  std::string out = "{\"status\":" + std::to_string(status) + ",\"code\":\"";
  return out.append(code).append("\",\"detail\":\"").append(detail).append("\"}");
}

TestServer::TestServer(ServerOptions options) {
  if (options.listen.empty()) options.listen = {Endpoint::tcp("127.0.0.1", 0)};
  if (options.routes.empty()) options.routes = {"other", "status"};
  auto started = Server::start(std::move(options), handler);
  if (!started) throw std::runtime_error(started.error().text());
  server = std::move(*started);
}

}  // namespace lull::http::test
