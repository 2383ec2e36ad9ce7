#include "http/reply_writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <ctime>
#include <utility>

namespace lull::http {
namespace {

bool forbids_body(unsigned status) noexcept {
  return status == 204 || status == 304;
}

void append_number(std::string& text, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

void append_status_line(std::string& text, unsigned status) {
  if (status == 200) {
    text.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  text.append("HTTP/1.1 ");
  append_number(text, status);
  text.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

void ReplyWriter::begin(Output& output, std::string& spare, bool head_only, Persistence persistence,
                        Output::Time now) noexcept {
  output_ = &output;
  text_ = &output.text(spare);
  now_ = now;
  status_ = 0;
  route_ = 0;
  head_only_ = head_only;
  persistence_ = persistence;
}

bool ReplyWriter::has_body(const ReplyHead& head) const noexcept {
  return !head_only_ && !forbids_body(head.status);
}

void ReplyWriter::send(const ReplyHead& head, std::string_view body) {
  append_head(head, body.size());
  if (has_body(head)) text_->append(body);
}

void ReplyWriter::send_held(const ReplyHead& head, std::string_view body, BodyHold hold) {
  append_head(head, body.size());
  if (has_body(head)) output_->append_pinned(body, std::move(hold), now_);
}

void ReplyWriter::send_owned(const ReplyHead& head, std::string body) {
  append_head(head, body.size());
  if (has_body(head)) output_->append_owned(std::move(body));
}

void ReplyWriter::append_head(const ReplyHead& head, std::size_t body_bytes) {
  assert(!is_sent() && head.status >= 200 && head.status <= 599);
  status_ = head.status;
  append_status_line(*text_, head.status);
  text_->append(date_line_);
  if (!head.content_type.empty()) {
    text_->append("Content-Type: ").append(head.content_type).append("\r\n");
  }
  for (std::size_t i = 0; i < head.header_count; ++i) {
    const Header& header = head.headers[i];
    text_->append(header.name).append(": ").append(header.value).append("\r\n");
  }
  if (!forbids_body(head.status)) {
    text_->append("Content-Length: ");
    append_number(*text_, body_bytes);
    text_->append("\r\n");
  }
  if (persistence_ == Persistence::kClose) text_->append("Connection: close\r\n");
  if (persistence_ == Persistence::kKeepAlive) text_->append("Connection: keep-alive\r\n");
  text_->append("\r\n");
}

// IMF-fixdate (RFC 9110, 5.6.7), whatever the locale is.
void ReplyWriter::set_date(std::chrono::system_clock::time_point now) {
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  if (seconds == date_seconds_) return;
  date_seconds_ = seconds;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  const auto two_digits = [this](int number) {
    date_line_ += static_cast<char>('0' + number / 10);
    date_line_ += static_cast<char>('0' + number % 10);
  };
  date_line_.assign("Date: ").append(kDays.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3));
  date_line_.append(", ");
  two_digits(utc.tm_mday);
  date_line_.append(" ").append(kMonths.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3));
  date_line_.append(" ").append(std::to_string(utc.tm_year + 1900)).append(" ");
  two_digits(utc.tm_hour);
  date_line_.append(":");
  two_digits(utc.tm_min);
  date_line_.append(":");
  two_digits(utc.tm_sec);
  date_line_.append(" GMT\r\n");
}

}  // namespace lull::http
