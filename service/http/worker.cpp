#include "http/worker.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace lull::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds kTick{250};
constexpr milliseconds kDrainTick{20};
// How long a handshake that began before the drain may take to complete.
constexpr milliseconds kDrainAcceptTime{200};
constexpr int kAcceptsAtOnce = 64;
// Connections above the maximum that get a 503 instead of a reset.
constexpr std::uint64_t kRefusedMax = 256;

constexpr Fault kTooMany{503, "too_many_connections", "the server has connections_max open"};

bool is_out_of_resources(int code) noexcept {
  return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

}  // namespace

// The hint takes the locks out of sockets, which only this thread touches, and leaves those of the
// queue, into which drain() and stop_now() post.
Worker::Worker(const ServerOptions& options, Handler& handler, Descriptor listener, bool is_ipv6,
               std::function<std::uint64_t()> open_count)
    : options_(options),
      limits_{options.target_bytes_max, options.header_bytes_max, options.request_body_bytes_max},
      reply_bytes_max_(options.reply_bytes_alive_max / options.threads),
      handler_(handler),
      open_count_(std::move(open_count)),
      protocol_(is_ipv6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4()),
      listener_(listener.get()),
      counters_(std::max<std::size_t>(options.routes.size(), 1)),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      acceptor_(io_.get_executor()),
      timer_(io_.get_executor()) {
  acceptor_.assign(protocol_, listener.release());
  update_now();
  reply_.set_date(std::chrono::system_clock::now());
  wait_accept();
  wait_tick();
}

Worker::~Worker() {
  connections_.clear_and_dispose([](Connection* connection) { delete connection; });
}

void Worker::run() {
  io_.run();
}

void Worker::drain() {
  asio::post(io_, [this] {
    update_now();
    draining_ = true;
    drain_began_ = now_;
    timer_.cancel();  // the next tick comes sooner
    wait_tick();
  });
}

void Worker::stop_now() {
  asio::post(io_, [this] { io_.stop(); });
}

void Worker::count_request(const ReplyWriter& reply) noexcept {
  counters_.request(reply.route(), reply.status(), std::chrono::steady_clock::now() - now_);
}

void Worker::replies_wait(Connection& connection, std::size_t bytes) noexcept {
  if (bytes <= kCopyBytesMax) bytes = 0;
  if (bytes == connection.waiting_reply_bytes) return;
  reply_bytes_ += bytes - connection.waiting_reply_bytes;
  connection.waiting_reply_bytes = bytes;
  if (bytes == 0) {
    connection.waiting.unlink();
  } else if (!connection.waiting.is_linked()) {
    waiting_.push_back(connection);
  }
  while (reply_bytes_ > reply_bytes_max_ && &waiting_.front() != &waiting_.back()) {
    waiting_.front().cut();
  }
  counters_.reply_bytes(reply_bytes_);
}

void Worker::after_handle() const {
#ifndef NDEBUG
  if (options_.after_handle) options_.after_handle();
#endif
}

void Worker::wait_accept() {
  acceptor_.async_wait(Acceptor::wait_read, [this](const boost::system::error_code& ec) {
    if (ec) return;
    update_now();
    (void)accept_queued();
    if (!accept_paused_) wait_accept();
  });
}

bool Worker::accept_queued() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      adopt(fd);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (is_out_of_resources(errno)) {
      accept_paused_ = true;  // until the next tick: the queue stays readable, and would spin
      return false;
    }  // else: that client is gone
  }
  return true;
}

void Worker::adopt(int fd) {
  Descriptor owner(fd);
  const std::uint64_t open = open_count_();
  const bool is_refused = open >= options_.connections_max;
  if (is_refused) counters_.cut();
  if (open >= options_.connections_max + kRefusedMax) return;
  boost::system::error_code ec;
  Socket socket(io_.get_executor());
  socket.assign(protocol_, fd, ec);
  if (ec) return;
  (void)owner.release();
  socket.non_blocking(true, ec);
  auto* connection = new Connection(*this, std::move(socket));
  connections_.push_back(*connection);
  if (is_refused) {
    connection->refuse(kTooMany);
  } else {
    connection->start();
  }
}

void Worker::wait_tick() {
  timer_.expires_after(draining_ ? kDrainTick : kTick);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) tick();
  });
}

void Worker::tick() {
  update_now();
  reply_.set_date(std::chrono::system_clock::now());
  const bool memory_pressure = options_.memory_pressure && options_.memory_pressure();
  for (auto at = connections_.begin(); at != connections_.end();) {
    Connection& connection = *at++;  // it may delete itself
    connection.sweep(now_, memory_pressure);
  }
  if (accept_paused_ && acceptor_.is_open()) {
    accept_paused_ = false;
    wait_accept();
  }
  if (draining_) drain_tick();
  if (!draining_ || acceptor_.is_open() || !connections_.empty()) wait_tick();
}

void Worker::drain_tick() {
  boost::system::error_code ignored;
  if (acceptor_.is_open() && now_ - drain_began_ >= kDrainAcceptTime) {
    while (accept_queued()) {
    }
    // Closing a listener resets what is queued on it: not while descriptors are short.
    if (!accept_paused_) acceptor_.close(ignored);
  }
  if (now_ - drain_began_ < options_.drain_timeout) return;
  acceptor_.close(ignored);
  cut_all();
}

void Worker::cut_all() {
  for (auto at = connections_.begin(); at != connections_.end();) (at++)->cut();
}

}  // namespace lull::http
