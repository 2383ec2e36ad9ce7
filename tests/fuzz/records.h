// What must hold of any text that is read as a file of records.
#pragma once

#include <string_view>

#include "lull/codec/records.h"

namespace lull::fuzz {

/// The split loses nothing and knows the lines; the fast way to a record says what the exact way
/// says; a record is what its own text says, and the same alone as in its file.
void check_records(std::string_view text, codec::RecordFormat format);

}  // namespace lull::fuzz
