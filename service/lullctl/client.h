// A small HTTP client for one server.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lull/base/error.h"

namespace lull::lullctl {

struct Reply {
  unsigned status = 0;
  std::string body;
};

/// Asks one server, a connection a request. Threads: one at a time.
class Client {
 public:
  /// `url` is `http://HOST[:PORT]` or `unix:PATH`. Errors: kInvalid if it is anything else.
  [[nodiscard]] static Result<Client> of(std::string_view url, std::chrono::seconds timeout);

  /// GET of a target that is already percent-encoded.
  /// Errors: kUnavailable, with the address and what to check.
  [[nodiscard]] Result<Reply> get(const std::string& target) const;

 private:
  Client(std::string host, std::string port, std::string path, std::chrono::seconds timeout)
      : host_(std::move(host)), port_(std::move(port)), path_(std::move(path)), timeout_(timeout) {}

  std::string host_;
  std::string port_;
  std::string path_;  // of a Unix domain socket; empty: host and port
  std::chrono::seconds timeout_;
};

/// Percent-encodes what is not unreserved (RFC 3986), but for `/` where `keep_slashes` is set.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slashes);

}  // namespace lull::lullctl
