#include "http/output.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lull::http {
namespace {

constexpr std::size_t kSpareBytesMax = 256 * 1024;  // one a thread

}  // namespace

std::string& Output::text(std::string& spare) {
  if (text_.capacity() < spare.capacity() && text_.empty()) text_.swap(spare);
  return text_;
}

void Output::append_pinned(std::string_view body, BodyHold pin, Time now) {
  append_held({text_.size(), body, std::move(pin), now, 0});
}

void Output::append_owned(std::string body) {
  // It may wait, and is counted by its size: what growing left behind it would be held as well.
  body.shrink_to_fit();
  auto owned = std::make_shared<const std::string>(std::move(body));
  const std::string_view bytes = *owned;
  append_held({text_.size(), bytes, std::move(owned), std::nullopt, bytes.size()});
}

void Output::append_held(Held held) {
  if (held.body.empty()) return;
  held_.push_back(std::move(held));
  held_bytes_ += held_.back().body.size();
  owned_bytes_ += held_.back().owned_bytes;
}

void Output::rollback(Mark mark) {
  text_.resize(mark.text_bytes);
  for (; held_.size() > mark.held_count; held_.pop_back()) {
    held_bytes_ -= held_.back().body.size();
    owned_bytes_ -= held_.back().owned_bytes;
  }
}

std::span<const boost::asio::const_buffer> Output::gather(Buffers& storage) const noexcept {
  std::size_t count = 0;
  std::size_t text_at = text_sent_;
  for (std::size_t i = first_held_; i < held_.size() && count + 2 < storage.size(); ++i) {
    const Held& held = held_[i];
    if (held.after_text > text_at) {
      storage[count++] = {text_.data() + text_at, held.after_text - text_at};
      text_at = held.after_text;
    }
    storage[count++] = {held.body.data(), held.body.size()};
    if (i + 1 == held_.size() && text_at < text_.size()) {
      storage[count++] = {text_.data() + text_at, text_.size() - text_at};
    }
  }
  return {storage.data(), count};
}

void Output::advance(std::size_t bytes) {
  assert(bytes <= pending_bytes());
  while (bytes > 0) {
    const std::size_t text_end = has_held() ? held_[first_held_].after_text : text_.size();
    const std::size_t from_text = std::min(bytes, text_end - text_sent_);
    text_sent_ += from_text;
    bytes -= from_text;
    if (bytes == 0) return;
    Held& held = held_[first_held_];
    const std::size_t from_body = std::min(bytes, held.body.size());
    held.body.remove_prefix(from_body);
    held_bytes_ -= from_body;
    bytes -= from_body;
    if (held.body.empty()) {
      held.hold.reset();
      owned_bytes_ -= held.owned_bytes;
      ++first_held_;
    }
  }
}

void Output::give_back(std::string& spare) {
  assert(empty());
  text_.clear();
  text_sent_ = 0;
  held_.clear();
  first_held_ = 0;
  if (text_.capacity() > spare.capacity()) text_.swap(spare);
  std::string().swap(text_);
  if (spare.capacity() > kSpareBytesMax) std::string().swap(spare);
}

std::optional<Output::Time> Output::oldest_pin() const noexcept {
  for (std::size_t i = first_held_; i < held_.size(); ++i) {
    if (held_[i].pinned_since) return held_[i].pinned_since;
  }
  return std::nullopt;
}

}  // namespace lull::http
