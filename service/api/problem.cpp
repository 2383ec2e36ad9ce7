#include "api/problem.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lull/base/utf8.h"
#include "lull/codec/node.h"

namespace lull::api {
namespace {

constexpr std::size_t kEchoBytesMax = 64;

}  // namespace

tl::unexpected<Problem> refuse(unsigned status, std::string_view code, std::string detail) {
  return tl::make_unexpected(Problem{status, code, std::move(detail), {}});
}

std::string echoed(std::string_view input) {
  const bool cut = input.size() > kEchoBytesMax;
  std::string_view rest = input.substr(0, kEchoBytesMax);
  std::string out = "'";
  while (!rest.empty()) {
    const std::size_t valid = std::min(first_invalid_utf8(rest), rest.size());
    out += rest.substr(0, valid);
    rest.remove_prefix(valid);
    if (rest.empty() || (cut && rest.size() < 4)) break;  // the cut may have split a character
    out += "\uFFFD";
    rest.remove_prefix(1);
  }
  if (cut) out += "...";
  out += '\'';
  return out;
}

std::string problem_json(unsigned status, std::string_view code, std::string_view detail) {
  std::string out = R"({"type":"about:blank","title":")";
  out += http::reason_phrase(status);  // with the type about:blank, the title is the status's own
  out += R"(","status":)";
  out += std::to_string(status);
  out += R"(,"code":)";
  codec::append_json_string(out, code);
  out += R"(,"detail":)";
  codec::append_json_string(out, detail);
  out += '}';
  return out;
}

void send_allowed(const http::Request& request, http::Reply& reply, std::string_view allow) {
  if (request.method == http::Method::kOptions) {
    http::ReplyHead head;
    head.status = 204;
    head.add("Allow", allow);
    return reply.send(head, {});
  }
  send_problem(reply, {405, code::kMethodNotAllowed,
                       "this route does not take " + echoed(request.method_text) + "; it takes " +
                           std::string(allow),
                       allow});
}

std::string_view StaleText::set(std::int64_t seconds) noexcept {
  const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), seconds);
  return {digits_.data(), static_cast<std::size_t>(end.ptr - digits_.data())};
}

void send_problem(http::Reply& reply, const Problem& problem, std::string_view revision,
                  std::optional<std::int64_t> stale_seconds) {
  http::ReplyHead head = http::problem_head(problem.status);
  head.add("Cache-Control", "no-cache");
  if (!revision.empty()) head.add("Lull-Revision", revision);
  StaleText stale;
  if (stale_seconds) head.add("Lull-Stale", stale.set(*stale_seconds));
  if (!problem.allow.empty()) head.add("Allow", problem.allow);
  reply.send(head, problem_json(problem.status, problem.code, problem.detail));
}

}  // namespace lull::api
