#include "http/listener.h"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace lull::http {
namespace {

namespace ip = boost::asio::ip;

constexpr int kBacklog = 4096;

Error socket_error(int code, const std::string& where, std::uint16_t port) {
  Error error{ErrorCode::kUnavailable, "cannot listen on " + where + ": ", {}, {}};
  switch (code) {
    case EADDRINUSE:
      error.message += "the port is already in use";
      error.hint = "stop the program that uses it (ss -ltnp shows it) or choose another port";
      break;
    case EADDRNOTAVAIL:
      error.message += "the address is not one of this machine's";
      error.hint = "use 127.0.0.1, 0.0.0.0 for all interfaces, or one that `ip address` shows";
      break;
    case EACCES:
      error.message += "permission denied";
      if (port < 1024) error.hint = "ports below 1024 need privileges; choose a higher one";
      break;
    case EAFNOSUPPORT:
      error.message += "this machine does not speak that address family";
      break;
    default:
      error.message += std::generic_category().message(code);
  }
  return error;
}

bool set_flag(int fd, int level, int option) noexcept {
  const int on = 1;
  return ::setsockopt(fd, level, option, &on, sizeof on) == 0;
}

// -1 and errno when it fails. Accepted sockets inherit TCP_NODELAY.
int bound_socket(const ip::tcp::endpoint& endpoint, bool share_port) noexcept {
  Descriptor fd(
      ::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || !set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR) ||
      (share_port && !set_flag(fd.get(), SOL_SOCKET, SO_REUSEPORT)) ||
      !set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY) ||
      ::bind(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    return -1;
  }
  return fd.release();
}

std::uint16_t port_of(int fd) noexcept {
  ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(fd, endpoint.data(), &size) != 0) return 0;
  return endpoint.port();
}

std::string text_of(const ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ < 0) return;
  const int kept = errno;
  ::close(fd_);
  errno = kept;
}

int Descriptor::release() noexcept {
  return std::exchange(fd_, -1);
}

Result<Listeners> listen_on(const std::string& address, std::uint16_t port, unsigned count) {
  boost::system::error_code ec;
  const bool has_brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  const auto parsed =
      ip::make_address(has_brackets ? address.substr(1, address.size() - 2) : address, ec);
  if (ec) {
    return fail(ErrorCode::kInvalid, "\"" + address + "\" is not an IPv4 or IPv6 address", {},
                "write numbers, such as 127.0.0.1 or [::1]");
  }
  ip::tcp::endpoint endpoint(parsed, port);
  const auto failed = [&] {
    const int code = errno;  // before Asio's text of the address clears it
    return tl::make_unexpected(socket_error(code, text_of(endpoint), port));
  };

  // SO_REUSEPORT would let a second server of the same user share the port in silence.
  {
    const Descriptor probe(bound_socket(endpoint, false));
    if (probe.get() < 0) return failed();
    if (port == 0) endpoint.port(port_of(probe.get()));
  }

  Listeners out;
  out.is_ipv6 = parsed.is_v6();
  for (unsigned i = 0; i < count; ++i) {
    Descriptor fd(bound_socket(endpoint, true));
    if (fd.get() < 0 || ::listen(fd.get(), kBacklog) != 0) return failed();
    out.sockets.push_back(std::move(fd));
  }
  out.port = endpoint.port();
  return out;
}

void drop_new_connections(int listener) noexcept {
  // A listener's filter sees each segment from its TCP header on; byte 13 holds the flags. Only SYN
  // is dropped: the ACK that completes a handshake must pass.
  std::array<sock_filter, 4> code = {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
  }};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  // Where this is not allowed, the window of a reset stays open for the length of an accept.
  (void)::setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace lull::http
