// What every file must be before any parser sees it.
#pragma once

#include <string_view>

#include "lull/base/error.h"

namespace lull::codec {

/// The text without a byte-order mark. Errors: nothing but white space, NUL bytes, not UTF-8, each
/// with its line and column. Cost: two passes, a few GB/s.
[[nodiscard]] Result<std::string_view> check_text(std::string_view bytes,
                                                  std::string_view file_name);

}  // namespace lull::codec
