// Listeners, threads and connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/endpoint.h"
#include "http/handler.h"
#include "lull/base/error.h"
#include "lull/base/histogram.h"

namespace lull::http {

struct ServerOptions {
  std::vector<Endpoint> listen;  ///< At least one.
  unsigned threads = 1;
  std::vector<std::string> routes;  ///< Labels of Reply::route; the first is for what has none.

  std::size_t target_bytes_max = 8U << 10U;
  std::size_t header_bytes_max = 16U << 10U;  ///< Request line and header fields together.
  std::size_t request_body_bytes_max = 1U << 20U;
  std::size_t connections_max = 50'000;
  std::size_t write_buffer_bytes_max = 1U << 20U;  ///< Pipelined replies waiting on one connection.
  std::chrono::milliseconds header_timeout{10'000};  ///< From a request's first byte to its end.
  std::chrono::milliseconds idle_timeout{75'000};    ///< Keep-alive without a request.
  std::chrono::milliseconds write_timeout{30'000};   ///< Without progress in sending.
  std::chrono::milliseconds drain_timeout{4'500};    ///< From stop() until connections are cut.
  /// A body that has pinned what it is part of for longer is cut off while memory_pressure() says
  /// so. Bodies of their own are not: they have reply_bytes_alive_max.
  std::chrono::milliseconds pin_age_max{30'000};
  std::function<bool()> memory_pressure;
  /// Memory of replies that wait for slow clients, bodies that pin something aside: each thread has
  /// its share, beyond which it cuts those that have waited for the longest. The reply that was
  /// made last is kept, so that one may stand beside the share of each thread.
  std::uint64_t reply_bytes_alive_max = 256U << 20U;
  /// Called after each handle() in builds with assertions: there the program checks its own rules.
  std::function<void()> after_handle;
};

/// One io_context a thread, with a socket of each endpoint; a connection lives on one thread.
/// Threads: start, stop and wait from one; the rest from any.
class Server {
 public:
  /// Binds, listens and starts the threads. Errors: as listen_on().
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options,
                                                             Handler& handler);

  /// Stops at once if stop() and wait() did not come before.
  virtual ~Server() = default;

  /// The endpoints, with ports that were taken.
  [[nodiscard]] virtual const std::vector<Endpoint>& endpoints() const noexcept = 0;

  /// Begins the drain: connections that are queued on the listeners are still accepted and served,
  /// the last reply that a client has asked for says `Connection: close`, idle connections are
  /// closed, replies under way finish.
  virtual void stop() = 0;
  /// Returns when all connections are closed, at the latest drain_timeout after stop().
  virtual void wait() = 0;

  /// Per-thread counters, folded. A request's duration runs from the event at which its connection
  /// got its turn (the read that completed it, as a rule) until its reply stands in the write
  /// buffer, with the pipelined requests that were answered before it: the server's own time,
  /// without that of a slow client.
  struct Stats {
    struct Series {
      std::string route;
      unsigned status_class = 2;  ///< 2 for 2xx, ...
      HistogramCounts duration;
    };
    std::vector<Series> requests;  ///< Only those that occurred.
    std::uint64_t connections_open = 0;
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_cut = 0;    ///< By deadline, limit or memory pressure.
    std::uint64_t reply_bytes_alive = 0;  ///< See ServerOptions::reply_bytes_alive_max.
  };
  [[nodiscard]] virtual Stats stats() const = 0;
};

}  // namespace lull::http
