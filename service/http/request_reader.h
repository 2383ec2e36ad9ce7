// From bytes of a socket to complete requests.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "http/fault.h"
#include "http/handler.h"
#include "http/request_parser.h"

namespace lull::http {

/// The read buffer of a connection and the parser on it. The same bytes give the same requests,
/// however they were split.
///
///   reader.prepare() -> recv into it -> reader.commit(n)
///   while (reader.next() == kRequest) { answer(reader.request()); reader.consume(); }
///
/// Threads: one.  Lifetime: `limits` must outlive it.
/// Memory: 2 KiB when idle, at most twice header_bytes_max, 20 KiB and the body.
class RequestReader {
 public:
  enum class Step : unsigned char { kNeedMore, kRequest, kFault };

  explicit RequestReader(const RequestLimits& limits);

  /// Room for the next bytes, never empty. Call only when next() said kNeedMore.
  [[nodiscard]] std::span<char> prepare();
  void commit(std::size_t bytes) noexcept;

  [[nodiscard]] Step next();
  /// After kRequest; the views are good until consume() or prepare().
  [[nodiscard]] Request request() const { return parser_->request(data_.get() + begin_); }
  /// After kFault.
  [[nodiscard]] const Fault& fault() const noexcept { return fault_; }
  /// After kRequest: forgets the request and goes on to what follows it.
  void consume();

  /// After kRequest: whether the client wants the connection to stay open.
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive(); }
  [[nodiscard]] bool is_http_11() const { return parser_->is_http_11(); }
  /// Whether what is there of the request at hand says HEAD, even if it is faulty or incomplete.
  [[nodiscard]] bool is_head() const noexcept;
  /// True once per request whose body the client holds back until it reads 100 Continue.
  [[nodiscard]] bool take_expectation();
  /// Whether no byte of a request is there.
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  /// After kRequest: whether nothing follows the request.
  [[nodiscard]] bool is_last() const noexcept { return parsed_ == end_; }
  /// Throws away what was read.
  void discard() noexcept { begin_ = parsed_ = end_ = 0; }

 private:
  [[nodiscard]] bool skip_blank_line() noexcept;
  [[nodiscard]] bool is_too_short_for_beast() const noexcept;
  [[nodiscard]] Step fail(const Fault& fault);
  [[nodiscard]] Fault check_header() const noexcept;
  [[nodiscard]] Fault check_incomplete() const noexcept;
  void resize(std::size_t capacity);

  const RequestLimits& limits_;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  // The request at hand stands in [begin_, parsed_), what is not parsed yet in [parsed_, end_).
  std::size_t begin_ = 0;
  std::size_t parsed_ = 0;
  std::size_t end_ = 0;
  std::size_t header_bytes_ = 0;  // 0: the header is not complete
  bool skipped_blank_line_ = false;
  bool expectation_taken_ = false;
  bool was_full_ = false;  // the last read left no room: more is waiting
  Fault fault_;
  std::string body_;
  std::optional<RequestParser> parser_;
};

}  // namespace lull::http
