// The three adapters behind parse_document().
#pragma once

#include <string_view>

#include "lull/codec/document_builder.h"

namespace lull::codec {

// Each feeds the builder and records the first error in it. `text` is valid UTF-8 without NUL bytes
// and without a byte-order mark. Exceptions of the libraries stop here.
void parse_yaml(std::string_view text, DocumentBuilder& builder, const DocumentLimits& limits);
void parse_json(std::string_view text, DocumentBuilder& builder);
void parse_toml(std::string_view text, DocumentBuilder& builder, const DocumentLimits& limits);

}  // namespace lull::codec
