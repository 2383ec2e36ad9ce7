#include "http/listener.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace lull::http {
namespace {

namespace ip = boost::asio::ip;

constexpr int kBacklog = 4096;
constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START

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

Result<Listening> listen_on_port(const Endpoint& asked, unsigned threads) {
  boost::system::error_code ec;
  const auto parsed = ip::make_address(asked.host, ec);
  if (ec) {
    return fail(ErrorCode::kInvalid, "\"" + asked.host + "\" is not an IPv4 or IPv6 address", {},
                "write numbers, such as 127.0.0.1 or [::1]");
  }
  ip::tcp::endpoint endpoint(parsed, asked.port);
  const auto failed = [&] {
    const int code = errno;  // before Asio's text of the address clears it
    const Endpoint here = Endpoint::tcp(endpoint.address().to_string(), endpoint.port());
    return tl::make_unexpected(socket_error(code, here.text(), asked.port));
  };

  // SO_REUSEPORT would let a second server of the same user share the port in silence.
  {
    const Descriptor probe(bound_socket(endpoint, false));
    if (probe.get() < 0) return failed();
    if (asked.port == 0) endpoint.port(port_of(probe.get()));
  }

  Listening out;
  for (unsigned i = 0; i < threads; ++i) {
    Descriptor fd(bound_socket(endpoint, true));
    if (fd.get() < 0 || ::listen(fd.get(), kBacklog) != 0) return failed();
    out.listeners.push_back({std::move(fd), endpoint.protocol().family(), false});
  }
  out.bound = Endpoint::tcp(asked.host, endpoint.port());
  return out;
}

/// Each thread's duplicate of one socket. False and errno when it fails.
bool duplicate(int fd, int family, bool queue_stays, std::vector<Listener>& out, unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) {
    Descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (copy.get() < 0) return false;
    out.push_back({std::move(copy), family, queue_stays});
  }
  return true;
}

/// A socket's file stays behind when its server was killed: nobody answers there any more.
bool is_left_behind(const sockaddr_un& address) noexcept {
  struct stat file {};
  if (::lstat(address.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.get() >= 0 &&
         ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
         errno == ECONNREFUSED;
}

Result<Listening> listen_on_path(const Endpoint& asked, unsigned threads) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, asked.path.data(), asked.path.size());  // shorter, see parse()
  const auto failed = [&] {
    const int code = errno;
    Error error = socket_error(code, asked.text(), 0);
    if (code == EADDRINUSE) {
      error.message = "cannot listen on " + asked.text() + ": the path is already in use";
      error.hint = "stop the program that listens there, or choose another path";
    }
    return tl::make_unexpected(std::move(error));
  };
  const Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return failed();
  const auto bind = [&] {
    return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  if (!bind()) {
    if (errno != EADDRINUSE) return failed();
    if (!is_left_behind(address)) {
      errno = EADDRINUSE;
      return failed();
    }
    if (::unlink(address.sun_path) != 0 || !bind()) return failed();
  }
  Listening out;
  out.bound = asked;
  if (::chmod(address.sun_path, 0666) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
      !duplicate(fd.get(), AF_UNIX, false, out.listeners, threads)) {
    return failed();
  }
  return out;
}

/// How many sockets the service manager passed to this very process.
int inherited_count() noexcept {
  const auto number = [](const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
    const char* const text = std::getenv(name);
    long out = 0;
    if (text != nullptr) std::from_chars(text, text + std::strlen(text), out);
    return out;
  };
  return number("LISTEN_PID") == ::getpid() ? static_cast<int>(number("LISTEN_FDS")) : 0;
}

Result<Listening> listen_on_inherited(unsigned threads) {
  Listening out;
  out.bound.kind = Endpoint::Kind::kSystemd;
  const int count = inherited_count();
  if (count <= 0) {
    return fail(ErrorCode::kUnavailable, "cannot listen on systemd: it has passed no sockets", {},
                "start lulld by a socket unit, or name an address");
  }
  for (int fd = kFirstInherited; fd < kFirstInherited + count; ++fd) {
    int family = 0;
    int listens = 0;
    socklen_t size = sizeof family;
    const auto option = [&](int name, int& value) {
      return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0;
    };
    int type = 0;
    if (!option(SO_DOMAIN, family) || !option(SO_TYPE, type) || !option(SO_ACCEPTCONN, listens) ||
        type != SOCK_STREAM || listens == 0) {
      return fail(
          ErrorCode::kInvalid,
          "descriptor " + std::to_string(fd) + " from systemd is not a stream socket that listens",
          {}, "use ListenStream= and Accept=no in the socket unit");
    }
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        !duplicate(fd, family, true, out.listeners, threads)) {
      return tl::make_unexpected(socket_error(errno, "systemd", 0));
    }
    if (family != AF_UNIX) set_flag(fd, IPPROTO_TCP, TCP_NODELAY);
  }
  return out;
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

Result<Listening> listen_on(const Endpoint& endpoint, unsigned threads) {
  switch (endpoint.kind) {
    case Endpoint::Kind::kUnix:
      return listen_on_path(endpoint, threads);
    case Endpoint::Kind::kSystemd:
      return listen_on_inherited(threads);
    case Endpoint::Kind::kTcp:
      break;
  }
  return listen_on_port(endpoint, threads);
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
