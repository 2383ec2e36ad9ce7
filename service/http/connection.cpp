#include "http/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "http/worker.h"

namespace lull::http {
namespace {

using boost::system::error_code;

constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytesMax = 8U << 20U;
// How long an idle client may take to send a request that it began before it knew of the drain.
constexpr std::chrono::seconds kDrainIdleGrace{1};

// Pipelined requests of one connection are answered for this long, then the others have their turn.
constexpr std::chrono::milliseconds kTurnMax{2};

constexpr Fault kTimeout{408, "request_timeout", "the request did not arrive in time"};
constexpr Fault kInternal{500, "internal", "the server failed to answer this request"};

}  // namespace

Connection::Connection(Worker& worker, Socket socket)
    : worker_(worker), socket_(std::move(socket)), reader_(worker.limits()), since_(worker.now()) {
  worker_.counters().opened();
}

Connection::~Connection() {
  worker_.replies_wait(*this, 0);
  worker_.counters().closed();
}

void Connection::refuse(const Fault& fault) {
  append_fault(fault);
  run();
}

void Connection::read() {
  const auto room = reader_.prepare();
  operation_pending_ = true;
  socket_.async_read_some(boost::asio::buffer(room.data(), room.size()),
                          [this](const error_code& ec, std::size_t bytes) { on_read(ec, bytes); });
}

void Connection::on_read(const error_code& ec, std::size_t bytes) {
  operation_pending_ = false;
  if (ec || phase_ == Phase::kClosed) return close();
  if (phase_ == Phase::kLinger) return on_linger_read(bytes);
  worker_.update_now();
  reader_.commit(bytes);
  run();
}

void Connection::resume(const error_code& ec) {
  operation_pending_ = false;
  if (ec || phase_ == Phase::kClosed) return close();
  worker_.update_now();
  run();
}

// Answers what was read and sends it, until the client has to do something.
void Connection::run() {
  do {
    if (!closing_) answer_buffered();
    switch (flush()) {
      case Flushed::kAll:
        break;
      case Flushed::kBlocked:
        return wait_writable();
      case Flushed::kBroken:
        return close();
    }
    if (closing_) return linger();
    if (turn_over_) return wait_for_turn();
  } while (input_left_);
  const Phase waits_for = reader_.empty() ? Phase::kIdle : Phase::kRequest;
  if (waits_for == Phase::kIdle || phase_ != waits_for) enter(waits_for, worker_.now());
  read();
}

void Connection::answer_buffered() {
  const std::size_t pending_bytes_max = worker_.options().write_buffer_bytes_max;
  turn_over_ = false;
  while (output_.pending_bytes() < pending_bytes_max && !turn_over_) {
    switch (reader_.next()) {
      case RequestReader::Step::kNeedMore:
        input_left_ = false;
        if (reader_.take_expectation()) {
          output_.text(worker_.spare_text()).append("HTTP/1.1 100 Continue\r\n\r\n");
        }
        return;
      case RequestReader::Step::kFault:
        return append_fault(reader_.fault());
      case RequestReader::Step::kRequest:
        break;
    }
    answer(reader_.request());
    if (closing_) return;
    if (phase_ == Phase::kRequest) enter(Phase::kIdle, worker_.now());
    turn_over_ = !reader_.is_last() && std::chrono::steady_clock::now() - worker_.now() > kTurnMax;
    reader_.consume();
  }
  input_left_ = true;
}

void Connection::answer(const Request& request) {
  // A drain ends a connection only after the last request that the client has already sent.
  closing_ = !reader_.keep_alive() || (worker_.is_draining() && reader_.is_last());
  const Persistence persistence = closing_               ? Persistence::kClose
                                  : reader_.is_http_11() ? Persistence::kImplied
                                                         : Persistence::kKeepAlive;
  ReplyWriter& reply = worker_.reply();
  reply.begin(output_, worker_.spare_text(), request.method == Method::kHead, persistence,
              worker_.now());
  const Output::Mark mark = output_.mark();
  bool has_reply = false;
  try {
    worker_.handler().handle(request, reply);
    has_reply = reply.is_sent();
  } catch (const std::exception&) {
    // Not enough memory, most likely: the reply may stand there in part.
  }
  worker_.after_handle();
  if (has_reply) return worker_.count_request(reply);
  output_.rollback(mark);
  append_fault(kInternal);
}

void Connection::append_fault(const Fault& fault) {
  closing_ = true;
  ReplyWriter& reply = worker_.reply();
  reply.begin(output_, worker_.spare_text(), reader_.is_head(), Persistence::kClose, worker_.now());
  reply.send(problem_head(fault.status),
             worker_.handler().problem(fault.status, fault.code, fault.detail));
  worker_.count_request(reply);
}

Connection::Flushed Connection::flush() {
  while (!output_.empty()) {
    error_code ec;
    std::size_t sent = 0;
    if (output_.has_held()) {
      Output::Buffers storage;
      sent = socket_.write_some(output_.gather(storage), ec);
    } else {
      sent = socket_.write_some(boost::asio::const_buffers_1(output_.plain()), ec);
    }
    output_.advance(sent);
    if (sent != 0 && phase_ == Phase::kWriting) since_ = worker_.now();
    if (ec == boost::asio::error::would_block || ec == boost::asio::error::try_again) {
      return Flushed::kBlocked;
    }
    if (ec) return Flushed::kBroken;
  }
  output_.give_back(worker_.spare_text());
  if (waiting_reply_bytes != 0) worker_.replies_wait(*this, 0);
  return Flushed::kAll;
}

void Connection::wait_writable() {
  if (operation_pending_) return cut();  // a late 408 that does not even fit the socket's buffer
  if (phase_ != Phase::kWriting) enter(Phase::kWriting, worker_.now());
  operation_pending_ = true;
  socket_.async_wait(Socket::wait_write, [this](const error_code& ec) { resume(ec); });
  worker_.replies_wait(*this, output_.own_bytes());
}

void Connection::wait_for_turn() {
  enter(Phase::kWriting, worker_.now());  // not idle: requests that are here are answered
  operation_pending_ = true;
  boost::asio::post(socket_.get_executor(), [this] { resume({}); });
}

// A socket that is closed with unread input, if only a stray CR LF, resets the connection and takes
// the reply with it: the client has to close first.
void Connection::linger() {
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  if (ec) return close();
  enter(Phase::kLinger, worker_.now());
  reader_.discard();
  if (!operation_pending_) read();
}

void Connection::on_linger_read(std::size_t bytes) {
  lingered_bytes_ += bytes;
  if (lingered_bytes_ > kLingerBytesMax) return close();
  read();
}

void Connection::sweep(Time now, bool memory_pressure) {
  const ServerOptions& options = worker_.options();
  const auto age = now - since_;
  if (memory_pressure && now - output_.oldest_pin().value_or(now) > options.pin_age_max) {
    return cut();
  }
  switch (phase_) {
    case Phase::kIdle:
      if (age > options.idle_timeout) return linger();
      if (worker_.is_draining()) return sweep_draining(now);
      return;
    case Phase::kRequest:
      if (age <= options.header_timeout) return;
      worker_.counters().cut();
      append_fault(kTimeout);
      return run();
    case Phase::kWriting:
      if (age > options.write_timeout) return cut();
      return;
    case Phase::kLinger:
      if (age > kLingerTime) return close();
      return;
    case Phase::kClosed:
      return;
  }
}

void Connection::sweep_draining(Time now) {
  if (now - std::max(since_, worker_.drain_began()) < kDrainIdleGrace) return;
  error_code ec;
  if (socket_.available(ec) == 0) linger();  // else its request is about to be read
}

void Connection::cut() {
  error_code ignored;
  // A reset frees at once what the kernel still has to send.
  socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  worker_.counters().cut();
  close();
}

void Connection::enter(Phase phase, Time now) noexcept {
  phase_ = phase;
  since_ = now;
}

void Connection::close() {
  phase_ = Phase::kClosed;
  worker_.replies_wait(*this, 0);
  output_ = Output();  // now: what is under way comes back only after all that is ready by now
  error_code ignored;
  socket_.close(ignored);
  if (!operation_pending_) delete this;
}

}  // namespace lull::http
