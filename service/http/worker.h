// One thread of the server.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "http/connection.h"
#include "http/counters.h"
#include "http/listener.h"
#include "http/reply_writer.h"
#include "http/server.h"

namespace lull::http {

/// Its listeners, their connections and what those share: options, clock, scratch memory, counters.
/// Deadlines have no timers of their own; a sweep over all connections runs every 250 ms.
///
/// Threads: run() is the thread; drain(), stop_now() and counters() may be called from any other.
class Worker {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `open_count` gives the connections that are open on all threads.
  Worker(const ServerOptions& options, Handler& handler, std::vector<Listener> listeners,
         std::function<std::uint64_t()> open_count);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Serves until a drain is complete or stop_now() was called.
  void run();
  void drain();
  void stop_now();
  /// Before drain(): no new connections come to its ports. From the thread that calls drain().
  void drop_new_connections() noexcept;
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

  // For connections.
  [[nodiscard]] const ServerOptions& options() const noexcept { return options_; }
  [[nodiscard]] const RequestLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] Handler& handler() noexcept { return handler_; }
  [[nodiscard]] Counters& counters() noexcept { return counters_; }
  [[nodiscard]] ReplyWriter& reply() noexcept { return reply_; }
  [[nodiscard]] std::string& spare_text() noexcept { return spare_text_; }
  [[nodiscard]] bool is_draining() const noexcept { return draining_; }
  [[nodiscard]] Time drain_began() const noexcept { return drain_began_; }
  /// The time of the event at hand: read once an event, not once a use.
  [[nodiscard]] Time now() const noexcept { return now_; }
  void update_now() noexcept { now_ = std::chrono::steady_clock::now(); }
  void count_request(const ReplyWriter& reply) noexcept;
  /// Notes that replies of so many bytes wait for this client: 0 when they do not any more. Makes
  /// room by cutting others. Up to kCopyBytesMax they do not count: cutting a client that takes
  /// what is pinned would make no room, and connections_max bounds them.
  void replies_wait(Connection& connection, std::size_t bytes) noexcept;
  void after_handle() const;

 private:
  using Executor = boost::asio::io_context::executor_type;
  using Acceptor =
      boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol, Executor>;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;
  using Connections =
      boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

  using Waiting = boost::intrusive::list<
      Connection,
      boost::intrusive::member_hook<Connection, Connection::WaitingHook, &Connection::waiting>,
      boost::intrusive::constant_time_size<false>>;

  /// A listener at work.
  struct Door {
    Door(boost::asio::io_context& io, Listener listener);
    const int fd;
    const int family;
    const bool queue_stays;
    Acceptor acceptor;
    bool paused = false;  // until the next tick
  };

  void wait_accept(Door& door);
  /// False when nothing is queued, or nothing can be accepted for now.
  [[nodiscard]] bool accept_queued(Door& door);
  void adopt(int fd, int family);
  void wait_tick();
  void tick();
  void drain_tick();
  void close_doors();
  [[nodiscard]] bool is_open() const noexcept;
  void cut_all();

  const ServerOptions& options_;
  const RequestLimits limits_;
  const std::uint64_t reply_bytes_max_;  // this thread's share
  Handler& handler_;
  const std::function<std::uint64_t()> open_count_;
  Counters counters_;
  // All below: only the worker's thread.
  boost::asio::io_context io_;
  std::deque<Door> doors_;
  Timer timer_;
  Connections connections_;
  Waiting waiting_;                // the one that has waited for the longest comes first
  std::uint64_t reply_bytes_ = 0;  // of those
  ReplyWriter reply_;
  std::string spare_text_;
  Time now_;
  Time drain_began_;
  bool draining_ = false;
};

}  // namespace lull::http
