// A layer of a tree as bytes that stand on a disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lull/base/error.h"
#include "lull/codec/parse.h"
#include "lull/snapshot/document.h"

namespace lull::publish {

/// Its name, its canonical text and where each value was written. Equal documents have equal bytes.
[[nodiscard]] std::string stored_document(const snapshot::Document& document);

/// Reads what stored_document() wrote. The bytes are not trusted: every size is held against what
/// is left, and the text is parsed as a file's is and must come out as it went in.
/// Errors: kInvalid, and what codec::parse_document() refuses.
/// Threads: any.  Cost: that of parsing and building the document.
[[nodiscard]] Result<std::shared_ptr<const snapshot::Document>> read_stored_document(
    std::string_view bytes, const codec::DocumentLimits& limits,
    std::shared_ptr<MemoryAccount> account);

}  // namespace lull::publish
