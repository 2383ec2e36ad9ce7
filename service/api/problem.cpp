#include "api/problem.h"

#include <algorithm>
#include <utility>

#include "lull/base/utf8.h"
#include "lull/codec/node.h"

namespace lull::api {
namespace {

constexpr std::size_t kEchoBytesMax = 64;
constexpr std::string_view kRetryAfterSeconds = "1";

/// The phrases of RFC 9110: with the type about:blank, the title is the status's own.
std::string_view title(unsigned status) noexcept {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

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
  out += title(status);
  out += R"(","status":)";
  out += std::to_string(status);
  out += R"(,"code":)";
  codec::append_json_string(out, code);
  out += R"(,"detail":)";
  codec::append_json_string(out, detail);
  out += '}';
  return out;
}

void send_problem(http::Reply& reply, const Problem& problem, std::string_view revision) {
  http::ReplyHead head;
  head.status = problem.status;
  head.content_type = "application/problem+json";
  head.add("Cache-Control", "no-cache");
  if (!revision.empty()) head.add("Lull-Revision", revision);
  if (problem.status == 503) head.add("Retry-After", kRetryAfterSeconds);
  if (!problem.allow.empty()) head.add("Allow", problem.allow);
  reply.send(head, problem_json(problem.status, problem.code, problem.detail));
}

}  // namespace lull::api
