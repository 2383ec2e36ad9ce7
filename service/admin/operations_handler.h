// /livez, /readyz, /metrics and /admin/v1.
#pragma once

#include <atomic>

#include "http/handler.h"
#include "http/server.h"
#include "lull/instance.h"

namespace lull::admin {

/// Answers what is not data. Threads: handle() from all server threads.
class OperationsHandler final : public http::Handler {
 public:
  OperationsHandler(const Instance& instance, const Clock& clock);

  void handle(const http::Request& request, http::Reply& reply) override;
  [[nodiscard]] std::string problem(unsigned status, std::string_view code,
                                    std::string_view detail) const override;

  /// The server whose requests /metrics tells; until this is called it tells none.
  void serve_statistics_of(const http::Server& server) noexcept { server_.store(&server); }

 private:
  const Instance& instance_;
  const Clock& clock_;
  const Clock::Wall started_;
  std::atomic<const http::Server*> server_{nullptr};  // set once by main, read by handle()
};

/// What is left beside the data where operations have an address of their own: /livez and /readyz.
/// Threads: handle() from all server threads.  Lifetime: `operations` outlives it.
class ProbesHandler final : public http::Handler {
 public:
  explicit ProbesHandler(OperationsHandler& operations) noexcept : operations_(operations) {}

  void handle(const http::Request& request, http::Reply& reply) override;
  [[nodiscard]] std::string problem(unsigned status, std::string_view code,
                                    std::string_view detail) const override {
    return operations_.problem(status, code, detail);
  }

 private:
  OperationsHandler& operations_;
};

}  // namespace lull::admin
