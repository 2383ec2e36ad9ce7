// One client.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "http/output.h"
#include "http/request_reader.h"

namespace lull::http {

class Worker;

/// Of a port or a Unix domain socket. With the concrete executor instead of any_io_executor, which
/// would cost an allocation an operation.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;

/// Reads requests, has them answered and sends the replies, one thing at a time: while replies wait
/// for the client nothing is read, so that a client that does not read is held back by TCP.
///
/// Threads: its worker's.  Lifetime: it deletes itself when its socket is closed and no operation
/// is under way; the worker deletes those that are left.
class Connection : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  /// In the worker's list of those whose replies wait for the client.
  using WaitingHook = boost::intrusive::list_member_hook<
      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  using Time = std::chrono::steady_clock::time_point;

  Connection(Worker& worker, Socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() { read(); }
  /// Answers before any request came, and closes.
  void refuse(const Fault& fault);
  /// Applies the deadlines. It may delete itself.
  void sweep(Time now, bool memory_pressure);
  /// Resets the connection. It may delete itself.
  void cut();

  WaitingHook waiting;                  ///< The worker's: see Worker::replies_wait().
  std::size_t waiting_reply_bytes = 0;  ///< Likewise.

 private:
  enum class Phase : std::uint8_t {
    kIdle,     // waits for the first byte of a request
    kRequest,  // a request is incomplete
    kWriting,  // replies wait for the client to read, or requests for their turn
    kLinger,   // all is sent and our side is shut; waits for the client to close
    kClosed,   // the socket is closed; an operation has yet to come back
  };
  enum class Flushed : std::uint8_t { kAll, kBlocked, kBroken };

  void read();
  void on_read(const boost::system::error_code& ec, std::size_t bytes);
  void resume(const boost::system::error_code& ec);
  void run();
  void answer_buffered();
  void answer(const Request& request);
  void append_fault(const Fault& fault);
  [[nodiscard]] Flushed flush();
  void wait_writable();
  void wait_for_turn();
  void linger();
  void on_linger_read(std::size_t bytes);
  void sweep_draining(Time now);
  void enter(Phase phase, Time now) noexcept;
  void close();

  Worker& worker_;
  Socket socket_;
  RequestReader reader_;
  Output output_;
  Time since_;  // when the phase began, or made progress
  std::size_t lingered_bytes_ = 0;
  Phase phase_ = Phase::kIdle;
  bool operation_pending_ = false;  // one at most
  bool closing_ = false;            // the last reply is in output_
  bool input_left_ = false;         // answering stopped because output_ was full or the turn over
  bool turn_over_ = false;          // other connections come first
};

}  // namespace lull::http
