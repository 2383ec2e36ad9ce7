#include "http/worker.h"

#include <sys/socket.h>

#include <algorithm>
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
Worker::Worker(const ServerOptions& options, Handler& handler, std::vector<Listener> listeners,
               std::function<std::uint64_t()> open_count)
    : options_(options),
      limits_{options.target_bytes_max, options.header_bytes_max, options.request_body_bytes_max},
      reply_bytes_max_(options.reply_bytes_alive_max / options.threads),
      handler_(handler),
      open_count_(std::move(open_count)),
      counters_(std::max<std::size_t>(options.routes.size(), 1)),
      io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      timer_(io_.get_executor()) {
  update_now();
  reply_.set_date(std::chrono::system_clock::now());
  for (Listener& listener : listeners) wait_accept(doors_.emplace_back(io_, std::move(listener)));
  wait_tick();
}

Worker::Door::Door(asio::io_context& io, Listener listener)
    : fd(listener.socket.get()),
      family(listener.family),
      queue_stays(listener.queue_stays),
      acceptor(io.get_executor()) {
  acceptor.assign(asio::generic::stream_protocol(family, 0), listener.socket.release());
}

Worker::~Worker() {
  connections_.clear_and_dispose([](Connection* connection) { delete connection; });
}

void Worker::run() {
  io_.run();
}

void Worker::drop_new_connections() noexcept {
  for (const Door& door : doors_) {
    if (door.family != AF_UNIX && !door.queue_stays) http::drop_new_connections(door.fd);
  }
}

void Worker::drain() {
  asio::post(io_, [this] {
    update_now();
    draining_ = true;
    drain_began_ = now_;
    boost::system::error_code ignored;
    for (Door& door : doors_) {
      if (door.queue_stays) door.acceptor.close(ignored);
    }
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

void Worker::wait_accept(Door& door) {
  door.acceptor.async_wait(Acceptor::wait_read, [this, &door](const boost::system::error_code& ec) {
    if (ec) return;
    update_now();
    (void)accept_queued(door);
    if (!door.paused) wait_accept(door);
  });
}

bool Worker::accept_queued(Door& door) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int fd = ::accept4(door.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      adopt(fd, door.family);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (is_out_of_resources(errno)) {
      door.paused = true;  // until the next tick: the queue stays readable, and would spin
      return false;
    }  // else: that client is gone
  }
  return true;
}

void Worker::adopt(int fd, int family) {
  Descriptor owner(fd);
  const std::uint64_t open = open_count_();
  const bool is_refused = open >= options_.connections_max;
  if (is_refused) counters_.cut();
  if (open >= options_.connections_max + kRefusedMax) return;
  boost::system::error_code ec;
  Socket socket(io_.get_executor());
  socket.assign(asio::generic::stream_protocol(family, 0), fd, ec);
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
  for (Door& door : doors_) {
    if (!door.acceptor.is_open() || !std::exchange(door.paused, false)) continue;
    wait_accept(door);
  }
  if (draining_) drain_tick();
  if (!draining_ || is_open() || !connections_.empty()) wait_tick();
}

bool Worker::is_open() const noexcept {
  return std::ranges::any_of(doors_, [](const Door& door) { return door.acceptor.is_open(); });
}

void Worker::drain_tick() {
  if (now_ - drain_began_ >= kDrainAcceptTime) close_doors();
  if (now_ - drain_began_ < options_.drain_timeout) return;
  boost::system::error_code ignored;
  for (Door& door : doors_) door.acceptor.close(ignored);
  cut_all();
}

/// Accepts what is queued first: closing a listener resets that. Not while descriptors are short.
void Worker::close_doors() {
  boost::system::error_code ignored;
  for (Door& door : doors_) {
    if (!door.acceptor.is_open()) continue;
    while (accept_queued(door)) {
    }
    if (!door.paused) door.acceptor.close(ignored);
  }
}

void Worker::cut_all() {
  for (auto at = connections_.begin(); at != connections_.end();) (at++)->cut();
}

}  // namespace lull::http
