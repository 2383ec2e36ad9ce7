// Text to document: YAML 1.2, JSON and TOML.
#pragma once

#include <optional>
#include <string_view>

#include "lull/base/error.h"
#include "lull/codec/node.h"

namespace lull::codec {

enum class DocumentFormat : std::uint8_t { kYaml, kJson, kToml };

/// What depth_max may be at most: a tree is copied and destroyed by recursion.
inline constexpr std::size_t kDepthCeiling = 512;

/// Bounds on one document. Hitting one is ErrorCode::kLimit and names it.
struct DocumentLimits {
  std::size_t document_bytes_max = 16U << 20U;
  std::size_t depth_max = 64;
  std::size_t nodes_max = 1'000'000;        ///< After aliases are expanded.
  std::size_t alias_nodes_max = 10'000;     ///< Nodes that come from aliases.
  std::size_t alias_bytes_max = 1U << 20U;  ///< Text that comes from aliases.
};

/// A document's file, for messages and origins.
struct InputFile {
  std::string_view name;    ///< As messages show it.
  std::uint32_t index = 0;  ///< Goes into every Origin.
};

/// The format that a file name's extension stands for (.yaml .yml .json .toml), or nothing.
[[nodiscard]] std::optional<DocumentFormat> document_format(std::string_view file_name) noexcept;

/// Parses a document; its root must be an object. All three formats refuse alike: input that is not
/// UTF-8, NUL bytes, an empty file, duplicate keys, integers outside [-2^63, 2^64), decimals
/// outside the range of a double, NaN and infinities, more than one document in a file. YAML:
/// the 1.2 core schema, `<<` and unknown tags refused, keys must be strings (a plain scalar key is
/// its text). A byte-order mark is skipped. TOML: dates and times become strings in RFC 3339's
/// form, integers end at 2^63-1. Every value's Origin is where its text begins; a value that YAML
/// leaves out has its key's, a block scalar that of its first line, a TOML table that of its header
/// or first dotted key. Errors: kSyntax, kInvalid, kDuplicate, kLimit, with file, line and column.
/// Threads: any.  Cost: memory of about 20 times the text; no I/O.
[[nodiscard]] Result<Node> parse_document(std::string_view bytes, DocumentFormat format,
                                          InputFile file, const DocumentLimits& limits = {});

}  // namespace lull::codec
