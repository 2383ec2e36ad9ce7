// Puts a reply's head together.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/handler.h"
#include "http/output.h"

namespace lull::http {

/// How a reply ends its connection's turn.
enum class Persistence : std::uint8_t {
  kImplied,    ///< HTTP/1.1, stays open: nothing is said
  kKeepAlive,  ///< HTTP/1.0, stays open
  kClose,
};

/// The Reply that handlers see; one a thread, set up anew for each request.
class ReplyWriter final : public Reply {
 public:
  /// Appends the next reply to `output`; `spare` as in Output::text.
  void begin(Output& output, std::string& spare, bool head_only, Persistence persistence,
             Output::Time now) noexcept;

  void send(const ReplyHead& head, std::string_view body) override;
  void send_held(const ReplyHead& head, std::string_view body, BodyHold hold) override;
  void send_owned(const ReplyHead& head, std::string body) override;
  void route(std::uint8_t index) noexcept override { route_ = index; }

  [[nodiscard]] bool is_sent() const noexcept { return status_ != 0; }
  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] std::uint8_t route() const noexcept { return route_; }

  /// Sets the Date field of the replies from now on.
  void set_date(std::chrono::system_clock::time_point now);

 private:
  void append_head(const ReplyHead& head, std::size_t body_bytes);
  [[nodiscard]] bool has_body(const ReplyHead& head) const noexcept;

  Output* output_ = nullptr;
  std::string* text_ = nullptr;
  Output::Time now_;
  unsigned status_ = 0;  // 0: no reply yet
  std::uint8_t route_ = 0;
  bool head_only_ = false;
  Persistence persistence_ = Persistence::kImplied;
  std::string date_line_;
  std::time_t date_seconds_ = -1;
};

}  // namespace lull::http
