// Replies on their way to a socket.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"

namespace lull::http {

/// The bytes that a connection still has to send: text of its own, and between it held bodies that
/// are sent from where they are. Order is kept; a hold is released with the last byte of its body.
///
/// Threads: one.  Memory: the text is borrowed from a spare that all connections of a thread share,
/// so that an idle connection has none.
class Output {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kBuffersMax = 16;
  using Buffers = std::array<boost::asio::const_buffer, kBuffersMax>;

  /// The text to append to; `spare` is taken when there is nothing pending.
  [[nodiscard]] std::string& text(std::string& spare);
  /// Puts `body`, a part of what `pin` keeps, after the text so far.
  void append_pinned(std::string_view body, BodyHold pin, Time now);
  /// Puts `body` after the text so far without a copy.
  void append_owned(std::string body);

  /// A point to go back to, while nothing is sent.
  struct Mark {
    std::size_t text_bytes;
    std::size_t held_count;
  };
  [[nodiscard]] Mark mark() const noexcept { return {text_.size(), held_.size()}; }
  void rollback(Mark mark);

  [[nodiscard]] std::size_t pending_bytes() const noexcept {
    return text_.size() - text_sent_ + held_bytes_;
  }
  [[nodiscard]] bool empty() const noexcept { return pending_bytes() == 0; }
  /// Memory that is held for this client alone: text and owned bodies, whole until they are sent.
  [[nodiscard]] std::size_t own_bytes() const noexcept { return text_.size() + owned_bytes_; }
  [[nodiscard]] bool has_held() const noexcept { return first_held_ < held_.size(); }

  /// The next bytes, without held bodies in between: one plain send.
  [[nodiscard]] boost::asio::const_buffer plain() const noexcept {
    return {text_.data() + text_sent_, text_.size() - text_sent_};
  }
  /// The next bytes as a gather list over `storage`.
  [[nodiscard]] std::span<const boost::asio::const_buffer> gather(Buffers& storage) const noexcept;
  /// Notes that `bytes` were sent.
  void advance(std::size_t bytes);
  /// After everything was sent: gives the text's memory back.
  void give_back(std::string& spare);
  /// When the body was appended that has been pinned for the longest time.
  [[nodiscard]] std::optional<Time> oldest_pin() const noexcept;

 private:
  struct Held {
    std::size_t after_text;  // stands behind this many bytes of text_
    std::string_view body;   // what is not sent yet
    BodyHold hold;
    std::optional<Time> pinned_since;  // nothing: an owned body
    std::size_t owned_bytes;           // of the whole body; 0: a pinned one
  };

  void append_held(Held held);

  std::string text_;
  std::size_t text_sent_ = 0;
  std::vector<Held> held_;
  std::size_t first_held_ = 0;
  std::size_t held_bytes_ = 0;
  std::size_t owned_bytes_ = 0;
};

}  // namespace lull::http
