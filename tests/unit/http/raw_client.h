// A client that sends bytes as they are.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::http::test {

inline constexpr std::chrono::seconds kPatience{20};

/// One reply, taken apart.
struct RawReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// A blocking connection. Threads: one.
class RawClient {
 public:
  /// Connects; connected() says whether it went well. `receive_bytes` sets SO_RCVBUF.
  explicit RawClient(std::uint16_t port, const std::string& address = "127.0.0.1",
                     int receive_bytes = 0);
  /// To a Unix domain socket.
  explicit RawClient(const std::string& path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  [[nodiscard]] bool connected() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  /// False when the peer has reset the connection.
  bool send(std::string_view bytes);
  bool send_byte_by_byte(std::string_view bytes);
  void shut_down_sending();
  void close();

  /// The next reply; `head_only` after HEAD. Nothing when the connection ends before, is reset, or
  /// nothing comes within the patience.
  std::optional<RawReply> receive(bool head_only = false);
  /// All bytes until the server closes; nothing after a reset or when it does not close.
  std::optional<std::string> receive_until_close();
  /// Whether the server closes without another byte.
  bool is_closed_by_server();

 private:
  /// Appends to buffer_; 0 at the end, -1 on error or silence.
  long fill();
  void open(const sockaddr* address, unsigned size, int receive_bytes);

  int fd_ = -1;
  std::string buffer_;
};

/// All replies in `bytes`; `head_only` as often as the requests were HEAD.
std::vector<RawReply> split_replies(std::string bytes, const std::vector<bool>& head_only = {});

/// Without the lines that differ from one second to the next.
std::string without_date(std::string bytes);

/// Polls until `condition` holds; false when the patience ends.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    struct timespec pause {
      0, 1'000'000
    };
    nanosleep(&pause, nullptr);
  }
}

}  // namespace lull::http::test
