#include "admin/operations_handler.h"

#include <string>

#include "admin/status.h"
#include "api/problem.h"
#include "telemetry/metrics.h"

namespace lull::admin {
namespace {

constexpr std::string_view kJson = "application/json";

void send(http::Reply& reply, unsigned status, std::string_view content_type, std::string body) {
  http::ReplyHead head;
  head.status = status;
  head.content_type = content_type;
  head.add("Cache-Control", "no-store");
  if (status == 503) head.add(http::kRetryAfter.name, http::kRetryAfter.value);
  reply.send_owned(head, std::move(body));
}

void send_not_found(http::Reply& reply, std::string_view path, const std::string& hint) {
  api::send_problem(
      reply, {404, api::code::kRouteNotFound, "no route " + api::echoed(path) + "; " + hint, {}});
}

bool is_probe(std::string_view path) noexcept {
  return path == "/livez" || path == "/readyz";
}

}  // namespace

OperationsHandler::OperationsHandler(const Instance& instance, const Clock& clock)
    : instance_(instance), clock_(clock), started_(clock.wall()) {}

void OperationsHandler::handle(const http::Request& request, http::Reply& reply) {
  const std::string_view path = request.path;
  if (!is_probe(path) && path != "/metrics" && path != "/admin/v1/status") {
    return send_not_found(reply, path, "data is under /v1");
  }
  if (request.method != http::Method::kGet && request.method != http::Method::kHead) {
    return api::send_allowed(request, reply, api::kReadMethods);
  }
  if (path == "/livez") return send(reply, 200, kJson, R"({"alive":true})");
  if (path == "/readyz") {
    Readiness readiness = admin::readiness(instance_);
    return send(reply, readiness.ready ? 200 : 503, kJson, std::move(readiness.json));
  }
  if (path == "/metrics") {
    const http::Server* const server = server_.load();
    return send(
        reply, 200, telemetry::kMetricsContentType,
        telemetry::metrics_page(instance_, server ? server->stats() : http::Server::Stats{}));
  }
  send(reply, 200, kJson, status_json(instance_, started_, clock_.wall()));
}

void ProbesHandler::handle(const http::Request& request, http::Reply& reply) {
  if (is_probe(request.path)) return operations_.handle(request, reply);
  send_not_found(reply, request.path, "data is under /v1, operations are at admin_listen");
}

std::string OperationsHandler::problem(unsigned status, std::string_view code,
                                       std::string_view detail) const {
  return api::problem_json(status, code, detail);
}

}  // namespace lull::admin
