// What must hold of any text that is read as a document.
#pragma once

#include <string_view>

#include "lull/codec/parse.h"

namespace lull::fuzz {

/// Refused with a place, or a document that is the same in each format that it can be written in.
void check_document(std::string_view text, codec::DocumentFormat format);

}  // namespace lull::fuzz
