#include "lullctl/answer.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "lull/codec/parse.h"

namespace lull::lullctl {
namespace {

using Kind = codec::Node::Kind;

std::uint32_t number_of(const codec::Node& object, std::string_view name) {
  const std::string text = text_of(object, name);
  std::uint32_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

Result<codec::Node> parse_answer(const std::string& body, std::string_view list) {
  // The server's own limits bound what it sends; only the depth is one of this program too.
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  const codec::DocumentLimits limits{
      .document_bytes_max = kNoLimit, .depth_max = codec::kDepthCeiling, .nodes_max = kNoLimit};
  auto node = codec::parse_document(body, codec::DocumentFormat::kJson, {"answer", 0}, limits);
  std::string why;
  if (!node) {
    why = node.error().text();
  } else {
    const codec::Node* const member = node->member(list);
    const bool fits = member != nullptr && member->kind == Kind::kArray &&
                      std::ranges::all_of(member->children, [](const codec::Member& element) {
                        return element.value.kind == Kind::kObject;
                      });
    if (fits) return std::move(*node);
    why = "'" + std::string(list) + "' is not a list of objects";
  }
  return fail(ErrorCode::kUnavailable, "the server's answer is not one of Lull's: " + why, {},
              "is it lulld that listens there? name another server with --server");
}

std::string text_of(const codec::Node& object, std::string_view name) {
  const codec::Node* const member = object.member(name);
  return member == nullptr ? std::string() : member->scalar;
}

bool is_true(const codec::Node& object, std::string_view name) {
  const codec::Node* const member = object.member(name);
  return member != nullptr && member->kind == Kind::kBoolean && member->scalar == "true";
}

std::span<const codec::Member> elements(const codec::Node& object, std::string_view name) {
  const codec::Node* const member = object.member(name);
  if (member == nullptr || member->kind != Kind::kArray) return {};
  return member->children;
}

Error error_of(const codec::Node& object) {
  return {ErrorCode::kInvalid,
          text_of(object, "message"),
          {text_of(object, "file"), number_of(object, "line"), number_of(object, "column"),
           text_of(object, "pointer")},
          text_of(object, "hint")};
}

}  // namespace lull::lullctl
