#include "api/data_reply.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

#include "api/problem.h"
#include "lull/base/hash.h"
#include "lull/rcu/read_section.h"

namespace lull::api {
namespace {

/// The head of a reply, in buffers of its own, for as long as it takes to send it.
class Head {
 public:
  Head(const http::Request& request, const DataHead& data, std::string_view body) noexcept {
    head_.content_type = data.content_type;
    if (request.method == http::Method::kGet || request.method == http::Method::kHead) {
      tag_ = entity_tag(body);
      const std::string_view tag(tag_.data(), tag_.size());
      head_.add("ETag", tag);
      head_.add("Cache-Control", "no-cache");
      if (!request.if_none_match.empty() && none_match_matches(request.if_none_match, tag)) {
        head_.status = 304;
        head_.content_type = {};
      }
    }
    head_.add("Lull-Revision", data.revision);
    if (data.stale_seconds) head_.add("Lull-Stale", stale_.set(*data.stale_seconds));
  }
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  [[nodiscard]] const http::ReplyHead& get() const noexcept { return head_; }
  [[nodiscard]] bool has_body() const noexcept { return head_.status != 304; }

 private:
  http::ReplyHead head_;
  std::array<char, 34> tag_;
  StaleText stale_;
};

std::string_view skip_blanks(std::string_view text) noexcept {
  const std::size_t at = text.find_first_not_of(" \t");
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

}  // namespace

std::array<char, 34> entity_tag(std::string_view body) noexcept {
  const std::array<char, 32> hex = hash128(body).hex();
  std::array<char, 34> out;
  out.front() = '"';
  std::ranges::copy(hex, out.begin() + 1);
  out.back() = '"';
  return out;
}

bool none_match_matches(std::string_view field, std::string_view tag) noexcept {
  std::string_view rest = skip_blanks(field);
  if (rest.starts_with('*')) return skip_blanks(rest.substr(1)).empty();
  while (!rest.empty()) {
    if (rest.starts_with(',')) {  // RFC 9110, 5.6.1: empty elements are skipped
      rest = skip_blanks(rest.substr(1));
      continue;
    }
    if (rest.starts_with("W/")) rest.remove_prefix(2);
    if (!rest.starts_with('"')) return false;
    const std::size_t end = rest.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (rest.substr(0, end + 1) == tag) return true;
    rest = skip_blanks(rest.substr(end + 1));
    if (!rest.empty() && !rest.starts_with(',')) return false;
  }
  return false;
}

void send_copied(const http::Request& request, http::Reply& reply, const DataHead& head,
                 std::string_view body) {
  assert(body.size() <= http::kCopyBytesMax);
  const Head full(request, head, body);
  reply.send(full.get(), full.has_body() ? body : std::string_view{});
}

void send_held(const http::Request& request, http::Reply& reply, const DataHead& head,
               std::string_view body, http::BodyHold hold) {
  assert(!rcu::in_read_section());
  if (body.size() <= http::kCopyBytesMax) return send_copied(request, reply, head, body);
  const Head full(request, head, body);
  if (!full.has_body()) return reply.send(full.get(), {});
  reply.send_held(full.get(), body, std::move(hold));
}

void send_owned(const http::Request& request, http::Reply& reply, const DataHead& head,
                std::string body) {
  if (body.size() <= http::kCopyBytesMax) return send_copied(request, reply, head, body);
  assert(!rcu::in_read_section());
  const Head full(request, head, body);
  if (!full.has_body()) return reply.send(full.get(), {});
  reply.send_owned(full.get(), std::move(body));
}

}  // namespace lull::api
