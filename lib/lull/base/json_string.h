// How a string is written as JSON: the one spelling that all canonical text uses.
#pragma once

#include <string>
#include <string_view>

namespace lull {

/// Appends `unescaped` in quotes. Only what RFC 8259 demands is escaped: quote, backslash and the
/// control characters below U+0020, by their short forms where there are any, else as \u00xx in
/// lower case.
void append_json_string(std::string& out, std::string_view unescaped);

}  // namespace lull
