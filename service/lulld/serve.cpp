#include "lulld/serve.h"

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include "admin/operations_handler.h"
#include "api/api_handler.h"
#include "http/server.h"
#include "lull/rcu/read_section.h"
#include "telemetry/log.h"

namespace lull::lulld {
namespace {

using telemetry::Level;
using telemetry::Log;

constexpr int kSignalledExit = 128;  // plus the signal, as shells report it

/// Signals that sigwait() takes; blocked in all threads, because they inherit it.
sigset_t block_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int failed(Log& log, std::string_view what, const Error& error) {
  log.event(Level::kError, what, {{"error", error.text()}});
  return 1;
}

void log_changes(InstanceOptions& options, Log& log) {
  options.on_publication = [&log](const publish::Publication& p) {
    log.event(Level::kInfo, "published",
              {{"revision", p.revision.text()},
               {"collection", p.collection},
               {"change", p.summary},
               {"microseconds", std::to_string(std::llround(p.seconds * 1e6))},
               {"content_hash", p.content_hash.hex()}});
  };
  options.on_progress = [&log](const std::string& collection,
                               const publish::Progress::State& load) {
    const bool parsing = load.phase == publish::Progress::Phase::kParsing;
    log.event(Level::kInfo, parsing ? "loading, parsing" : "loading, building",
              {{"collection", collection},
               {"percent_parsed", std::to_string(load.percent())},
               {"bytes", std::to_string(load.bytes)},
               {"bytes_total", std::to_string(load.bytes_total)},
               {"records_parsed", std::to_string(load.records)},
               {"seconds", std::to_string(std::llround(load.seconds))}});
  };
  options.on_rejection = [&log](const Rejection& rejection) {
    static constexpr std::size_t kLinesMax = 20;
    std::size_t lines = 0;
    for (const Error& error : rejection.errors) {
      if (++lines > kLinesMax) break;
      log.event(
          Level::kError,
          rejection.loaded ? "refused, still serving what was good" : "refused, not loaded yet",
          {{"collection", rejection.collection}, {"error", error.text()}});
    }
    if (rejection.errors.size() > kLinesMax) {
      log.event(Level::kError, "refused, more errors not shown",
                {{"collection", rejection.collection},
                 {"errors", std::to_string(rejection.errors.size())},
                 {"hint", "lulld --check reports them all"}});
    }
  };
}

/// Rows are never silently left aside: which, why, and what happens instead.
void log_last_good(InstanceOptions& options, Log& log) {
  options.on_last_good = [&log](const publish::LastGoodEvent& event) {
    using Kind = publish::LastGoodEvent::Kind;
    switch (event.kind) {
      case Kind::kServed:
        return log.event(Level::kWarn,
                         "serving the last-known-good, stale until the source is read",
                         {{"collection", event.collection},
                          {"revision", event.revision.text()},
                          {"age_seconds", std::to_string(event.seconds)}});
      case Kind::kRefused:
        return log.event(Level::kError, "last-known-good refused, the source is read instead",
                         {{"collection", event.collection}, {"error", event.error.text()}});
      case Kind::kHealed:
        return log.event(Level::kInfo, "source read, no longer stale",
                         {{"collection", event.collection}});
      case Kind::kKept:
        return log.event(Level::kDebug, "last-known-good kept", {{"collection", event.collection}});
      case Kind::kNotKept:
        return log.event(Level::kError, "cannot keep the last-known-good, will try again",
                         {{"collection", event.collection}, {"error", event.error.text()}});
    }
  };
}

std::string addresses(const std::vector<http::Endpoint>& endpoints) {
  std::string out;
  for (const http::Endpoint& endpoint : endpoints) {
    out += (out.empty() ? "" : ",") + endpoint.text();
  }
  return out;
}

http::ServerOptions server_options(const settings::Settings& settings, const Instance& instance) {
  http::ServerOptions out;
  out.listen = settings.listen;
  out.threads = settings.threads;
  out.routes = api::route_names();
  out.target_bytes_max = settings.http.target_bytes_max;
  out.header_bytes_max = settings.http.header_bytes_max;
  out.request_body_bytes_max = settings.http.request_body_bytes_max;
  out.connections_max = settings.http.connections_max;
  out.header_timeout = settings.http.header_timeout_ms;
  out.idle_timeout = settings.http.idle_timeout_ms;
  out.write_timeout = settings.http.write_timeout_ms;
  out.drain_timeout = settings.http.drain_timeout_ms;
  out.pin_age_max = settings.http.pin_age_max_ms;
  out.reply_bytes_alive_max = settings.http.reply_bytes_alive_max;
  out.memory_pressure = [&instance] { return instance.publisher().pressure(); };
  return out;
}

/// One thread of its own answers, however busy those of the data are.
Result<std::unique_ptr<http::Server>> start_admin(const settings::Settings& settings,
                                                  const Instance& instance,
                                                  http::Handler& operations) {
  http::ServerOptions options = server_options(settings, instance);
  options.listen = {*settings.admin_listen};
  options.threads = 1;
  return http::Server::start(std::move(options), operations);
}

std::int64_t now_seconds() noexcept {  // safe in a signal handler
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

std::atomic<std::int64_t> drain_began_seconds{0};  // set once, before the handler that reads it

/// Nobody waits for signals any more: a later one ends the process at once. A handler does that,
/// for the default action does nothing to the first process of a container. One that comes with the
/// first is the same, sent to the group and passed on by a parent.
void let_signals_end_it(const sigset_t& signals) {
  drain_began_seconds = now_seconds();
  for (const int signal : {SIGTERM, SIGINT}) {
    std::signal(signal, [](int number) {
      if (now_seconds() > drain_began_seconds + 1) std::_Exit(kSignalledExit + number);
    });
  }
  std::signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

/// Returns when SIGTERM or SIGINT came.
void wait_for_the_end(const sigset_t& signals, Instance& instance, Log& log) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) {
      let_signals_end_it(signals);
      log.event(Level::kInfo, "draining",
                {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"},
                 {"hint", "a second signal, a second or two later, ends it at once"}});
      return;
    }
    log.event(Level::kInfo, "looking at all sources again", {{"signal", "SIGHUP"}});
    instance.rescan();
  }
}

}  // namespace

int serve(const settings::Settings& settings) {
  const sigset_t signals = block_signals();
  Log log(settings.log_format, settings.log_level);
  for (const std::string& warning : settings.warnings) log.event(Level::kWarn, warning);

  const auto clock = std::make_shared<SystemClock>();
  InstanceOptions options = settings.instance;
  log_changes(options, log);
  log_last_good(options, log);
  auto instance = Instance::open(std::move(options), clock);
  if (!instance) return failed(log, "cannot start", instance.error());

  admin::OperationsHandler operations(**instance, *clock);
  admin::ProbesHandler probes(operations);
  http::Handler* beside_data = &operations;
  if (settings.admin_listen) beside_data = &probes;
  api::ApiHandler handler((*instance)->view(), (*instance)->specs(), *beside_data, {},
                          &(*instance)->stale_marks());
  auto server = http::Server::start(server_options(settings, **instance), handler);
  if (!server) return failed(log, "cannot listen", server.error());
  operations.serve_statistics_of(**server);

  std::unique_ptr<http::Server> admin_server;
  if (settings.admin_listen) {
    auto started = start_admin(settings, **instance, operations);
    if (!started) return failed(log, "cannot listen", started.error());
    admin_server = *std::move(started);
  }

  log.event(Level::kInfo, "serving",
            {{"address", addresses((*server)->endpoints())},
             {"admin_address", admin_server ? addresses(admin_server->endpoints()) : "the same"},
             {"threads", std::to_string(settings.threads)},
             {"version", LULL_VERSION},
             {"data_dir", settings.instance.publisher.data_dir.empty()
                              ? "none, every start takes a new epoch"
                              : settings.instance.publisher.data_dir},
             {"membarrier", rcu::uses_membarrier() ? "yes" : "no, slower read sections"}});
  wait_for_the_end(signals, **instance, log);
  (*server)->stop();
  (*server)->wait();
  if (admin_server) {  // it answers to the end
    admin_server->stop();
    admin_server->wait();
  }
  log.event(Level::kInfo, "stopped", {});
  return 0;
}

}  // namespace lull::lulld
