// A port, shared by the server's threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lull/base/error.h"

namespace lull::http {

/// An open socket, closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept;

 private:
  int fd_;
};

/// Sockets that listen on one address and port.
struct Listeners {
  std::vector<Descriptor> sockets;
  std::uint16_t port = 0;
  bool is_ipv6 = false;
};

/// Opens `count` non-blocking listening sockets that share the port by SO_REUSEPORT.
/// Errors: kInvalid for what is not an address, kUnavailable when the port is taken or not allowed,
/// or the address is not one of this machine.
[[nodiscard]] Result<Listeners> listen_on(const std::string& address, std::uint16_t port,
                                          unsigned count);

/// Makes the kernel drop requests for new connections, while those under way still complete: a
/// client that comes now tries again a second later and finds the port closed, or the next server
/// on it. Without this, a connection that completes just before the listener is closed would be
/// reset.
void drop_new_connections(int listener) noexcept;

}  // namespace lull::http
