#include "raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lull::http::test {
namespace {

std::optional<RawReply> take_reply(std::string& buffer, bool head_only) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  RawReply reply;
  std::string head = buffer.substr(0, end + 2);
  reply.status = std::atoi(head.substr(head.find(' ') + 1, 3).c_str());
  for (auto at = head.find("\r\n") + 2; at < head.size();) {
    const auto stop = head.find("\r\n", at);
    const std::string line = head.substr(at, stop - at);
    std::string name = line.substr(0, line.find(':'));
    std::transform(name.begin(), name.end(), name.begin(), ::tolower);
    reply.headers[name] = line.substr(line.find(':') + 2);
    at = stop + 2;
  }
  std::size_t body = 0;
  if (!head_only && reply.headers.contains("content-length")) {
    body = std::stoul(reply.headers["content-length"]);
  }
  if (buffer.size() < end + 4 + body) return std::nullopt;
  reply.body = buffer.substr(end + 4, body);
  buffer.erase(0, end + 4 + body);
  return reply;
}

}  // namespace

std::string RawReply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

RawClient::RawClient(std::uint16_t port, const std::string& address, int receive_bytes) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
  } else {
    inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    size = sizeof(sockaddr_in6);
  }
  open(reinterpret_cast<sockaddr*>(&storage), size, receive_bytes);
}

RawClient::RawClient(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  open(reinterpret_cast<sockaddr*>(&address), sizeof address, 0);
}

void RawClient::open(const sockaddr* address, unsigned size, int receive_bytes) {
  fd_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (address->sa_family != AF_UNIX) {
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (receive_bytes != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
  }
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd_, address, size) != 0) close();
}

RawClient::~RawClient() {
  close();
}

void RawClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::send_byte_by_byte(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [this](char c) { return send({&c, 1}); });
}

void RawClient::shut_down_sending() {
  ::shutdown(fd_, SHUT_WR);
}

long RawClient::fill() {
  std::array<char, 65536> bytes;
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return got;
}

std::optional<RawReply> RawClient::receive(bool head_only) {
  for (;;) {
    if (auto reply = take_reply(buffer_, head_only)) return reply;
    if (fill() <= 0) return std::nullopt;
  }
}

std::optional<std::string> RawClient::receive_until_close() {
  for (;;) {
    const long got = fill();
    if (got < 0) return std::nullopt;
    if (got == 0) return std::exchange(buffer_, {});
  }
}

bool RawClient::is_closed_by_server() {
  return buffer_.empty() && fill() == 0;
}

std::vector<RawReply> split_replies(std::string bytes, const std::vector<bool>& head_only) {
  std::vector<RawReply> out;
  for (;;) {
    const bool is_head = out.size() < head_only.size() && head_only[out.size()];
    auto reply = take_reply(bytes, is_head);
    if (!reply) break;
    out.push_back(std::move(*reply));
  }
  if (!bytes.empty()) out.push_back({-1, {}, std::move(bytes)});
  return out;
}

std::string without_date(std::string bytes) {
  for (auto at = bytes.find("Date: "); at != std::string::npos; at = bytes.find("Date: ", at)) {
    bytes.erase(at, bytes.find("\r\n", at) + 2 - at);
  }
  return bytes;
}

}  // namespace lull::http::test
