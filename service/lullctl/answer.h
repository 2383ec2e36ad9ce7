// What a server answered, taken apart. Nothing here trusts the server: a member that is absent or
// of another type reads as empty.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lull/base/error.h"
#include "lull/codec/node.h"

namespace lull::lullctl {

/// A body that must be an object whose member `list` is an array of objects. Numbers keep their
/// text. Errors: kUnavailable, for who answers something else is no Lull server.
[[nodiscard]] Result<codec::Node> parse_answer(const std::string& body, std::string_view list);

/// The text of a scalar member: a string's characters, a number as it was sent.
[[nodiscard]] std::string text_of(const codec::Node& object, std::string_view name);
[[nodiscard]] bool is_true(const codec::Node& object, std::string_view name);
/// The elements of a member that is an array.
[[nodiscard]] std::span<const codec::Member> elements(const codec::Node& object,
                                                      std::string_view name);
/// An error as the status and the check endpoint send it.
[[nodiscard]] Error error_of(const codec::Node& object);

}  // namespace lull::lullctl
