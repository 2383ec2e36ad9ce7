#include "http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cassert>
#include <cstring>
#include <string_view>

namespace lull::http {
namespace {

constexpr std::size_t kIdleBytes = 2 * 1024;
constexpr std::size_t kPipelineBytesMax = 8 * 1024;
constexpr std::size_t kBodyReadBytes = 16 * 1024;
constexpr std::size_t kRoomBytesMin = 512;
constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kChunkLineBytesMax = 4096 + 64;
constexpr std::size_t kIdleBodyBytesMax = 16 * 1024;

bool has_bare_line_feed(std::string_view bytes) noexcept {
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

}  // namespace

RequestReader::RequestReader(const RequestLimits& limits) : limits_(limits) {
  parser_.emplace(limits_, body_);
}

std::span<char> RequestReader::prepare() {
  if (begin_ == end_) {
    begin_ = parsed_ = end_ = 0;
    const std::size_t wanted =
        std::max(kIdleBytes, was_full_ ? std::min(capacity_ * 2, kPipelineBytesMax)
                                       : std::min(capacity_, kPipelineBytesMax));
    if (capacity_ != wanted) resize(wanted);
    return {data_.get(), capacity_};
  }
  if (header_bytes_ != 0) {  // the body so far is in body_; only the header must stay
    const std::size_t keep = begin_ + header_bytes_;
    std::memmove(data_.get() + keep, data_.get() + parsed_, end_ - parsed_);
    end_ -= parsed_ - keep;
    parsed_ = keep;
  }
  const std::size_t room = header_bytes_ != 0 ? kBodyReadBytes : kRoomBytesMin;
  if (capacity_ - end_ < room && begin_ != 0) {
    std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    parsed_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ < room) resize(std::max(capacity_ * 2, end_ + room));
  return {data_.get() + end_, capacity_ - end_};
}

void RequestReader::commit(std::size_t bytes) noexcept {
  assert(bytes <= capacity_ - end_);
  end_ += bytes;
  was_full_ = end_ == capacity_;
}

RequestReader::Step RequestReader::next() {
  if (parsed_ == begin_ && !skip_blank_line()) return Step::kNeedMore;
  for (;;) {
    if (parsed_ == end_ || is_too_short_for_beast()) return Step::kNeedMore;
    boost::beast::error_code ec;
    parsed_ += parser_->parse(data_.get() + begin_, parsed_ - begin_, end_ - begin_, ec);
    if (header_bytes_ == 0 && parser_->is_header_done()) {
      header_bytes_ = parsed_ - begin_;
    }
    if (ec == boost::beast::http::error::need_more) {
      const Fault fault = check_incomplete();
      return fault ? fail(fault) : Step::kNeedMore;
    }
    if (ec) {
      return fail(parser_->fault(ec, {data_.get() + begin_, end_ - begin_}));
    }
    if (const Fault fault = check_header()) return fail(fault);
    if (parser_->is_done()) return Step::kRequest;
  }
}

// RFC 9112, 2.2: an empty line before the request line is ignored; one, so that the deadline holds.
bool RequestReader::skip_blank_line() noexcept {
  if (skipped_blank_line_ || begin_ == end_ || data_[begin_] != '\r') return true;
  if (end_ - begin_ < 2) return false;
  if (data_[begin_ + 1] == '\n') {
    begin_ += 2;
    parsed_ = begin_;
    skipped_blank_line_ = true;
  }
  return true;
}

// Beast 1.81 asserts that it never sees the beginning of a last chunk alone ("0\r\n\r"). Whatever
// stands in a chunked body, at least "0\r\n\r\n" has yet to follow it, so waiting is safe.
bool RequestReader::is_too_short_for_beast() const noexcept {
  return header_bytes_ != 0 && parser_->chunked() && end_ - parsed_ < 5;
}

bool RequestReader::is_head() const noexcept {
  return std::string_view(data_.get() + begin_, end_ - begin_).starts_with("HEAD ");
}

void RequestReader::consume() {
  begin_ = parsed_;
  header_bytes_ = 0;
  skipped_blank_line_ = false;
  expectation_taken_ = false;
  if (body_.capacity() > kIdleBodyBytesMax) {
    std::string().swap(body_);
  } else {
    body_.clear();
  }
  parser_.emplace(limits_, body_);
}

bool RequestReader::take_expectation() {
  if (header_bytes_ == 0 || expectation_taken_ || !parser_->expects_continue()) return false;
  expectation_taken_ = true;
  return body_.empty() && parsed_ == end_;
}

RequestReader::Step RequestReader::fail(const Fault& fault) {
  fault_ = fault;
  return Step::kFault;
}

Fault RequestReader::check_header() const noexcept {
  if (header_bytes_ <= limits_.header_bytes_max) return {};
  return {431, "header_too_large", "the header is longer than header_bytes_max"};
}

// What Beast cannot say yet, as it waits for the end of the header or of a chunk's line.
Fault RequestReader::check_incomplete() const noexcept {
  const std::string_view rest(data_.get() + parsed_, end_ - parsed_);
  if (has_bare_line_feed(rest)) return {400, "bad_request", "lines must end in CR LF"};
  if (rest.find('\0') != std::string_view::npos) {
    return {400, "bad_request", "the header holds a NUL byte"};
  }
  if (header_bytes_ != 0) {
    if (rest.find('\n', 2) == std::string_view::npos) {  // one line, after the last chunk's CR LF
      if (rest.size() <= kChunkLineBytesMax) return {};
      return {400, "bad_request", "the chunk extensions are longer than 4096 bytes"};
    }
    if (rest.size() <= limits_.header_bytes_max) return {};
    return {431, "header_too_large", "the trailer is longer than header_bytes_max"};
  }
  const std::string_view header(data_.get() + begin_, end_ - begin_);
  const std::size_t line_bytes_max = limits_.target_bytes_max + kMethodBytesMax;
  if (!parser_->request_line_done() && header.size() > line_bytes_max &&
      header.substr(0, line_bytes_max).find('\n') == std::string_view::npos) {
    return {414, "target_too_long", "the request target is longer than target_bytes_max"};
  }
  if (header.size() <= limits_.header_bytes_max) return {};
  return {431, "header_too_large", "the header is longer than header_bytes_max"};
}

void RequestReader::resize(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  std::copy_n(data_.get(), end_, larger.get());
  data_ = std::move(larger);
  capacity_ = capacity;
}

}  // namespace lull::http
