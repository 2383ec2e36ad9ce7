// The HTTP layer with nothing behind it: every request gets the same 200 bytes and the headers of a
// data reply. Usage: fixed_server PORT [THREADS]; SIGTERM drains.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "http/server.h"

namespace {

using lull::http::Handler;
using lull::http::Reply;
using lull::http::ReplyHead;
using lull::http::Request;

class FixedHandler final : public Handler {
 public:
  FixedHandler() : body_(200, 'x') {}

  void handle(const Request&, Reply& reply) override {
    ReplyHead head;
    head.content_type = "application/json";
    head.add("Lull-Revision", "4be1.7");
    head.add("ETag", "\"0123456789abcdef0123456789abcdef\"");
    head.add("Cache-Control", "no-cache");
    reply.send(head, body_);
  }

  [[nodiscard]] std::string problem(unsigned, std::string_view code,
                                    std::string_view) const override {
    return "{\"code\":\"" + std::string(code) + "\"}";
  }

 private:
  std::string body_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fixed_server PORT [THREADS]\n");
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);

  FixedHandler handler;
  lull::http::ServerOptions options;
  options.listen = {
      lull::http::Endpoint::tcp("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[1])))};
  if (argc > 2) options.threads = static_cast<unsigned>(std::atoi(argv[2]));
  auto server = lull::http::Server::start(options, handler);
  if (!server) {
    std::fprintf(stderr, "fixed_server: %s\n", server.error().text().c_str());
    return 1;
  }
  std::printf("fixed_server: listening on %s\n", (*server)->endpoints().front().text().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  (*server)->stop();
  (*server)->wait();
}
