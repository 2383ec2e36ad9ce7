// Sockets that listen, shared by the server's threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "http/endpoint.h"
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

/// One thread's socket of an endpoint.
struct Listener {
  Descriptor socket;
  int family = 0;  ///< AF_INET, AF_INET6 or AF_UNIX.
  /// The queue outlives this process: at a stop what is queued is left to the next one.
  bool queue_stays = false;
};

/// What an endpoint has become.
struct Listening {
  std::vector<Listener> listeners;  ///< Number i is for thread i modulo their number.
  Endpoint bound;                   ///< As asked, with the port that was taken.
};

/// Opens non-blocking listening sockets for so many threads. A port is shared by SO_REUSEPORT; of a
/// Unix domain socket and of an inherited one each thread has a duplicate. A path at which nobody
/// listens any more is taken over; who may connect is for the directory's permissions to say.
/// Errors: kInvalid for what is not an address; kUnavailable when the port or path is taken or not
/// allowed, the address is not one of this machine, or the service manager passed no sockets.
[[nodiscard]] Result<Listening> listen_on(const Endpoint& endpoint, unsigned threads);

/// Makes the kernel drop requests for new connections, while those under way still complete: a
/// client that comes now tries again a second later and finds the port closed, or the next server
/// on it. Without this, a connection that completes just before the listener is closed would be
/// reset. Only for sockets of a port.
void drop_new_connections(int listener) noexcept;

}  // namespace lull::http
