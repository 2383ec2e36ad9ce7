#include "lull/codec/parse.h"

#include <algorithm>

#include "lull/codec/parsers.h"
#include "lull/codec/text_check.h"

namespace lull::codec {
std::optional<DocumentFormat> document_format(std::string_view file_name) noexcept {
  if (file_name.ends_with(".yaml") || file_name.ends_with(".yml")) return DocumentFormat::kYaml;
  if (file_name.ends_with(".json")) return DocumentFormat::kJson;
  if (file_name.ends_with(".toml")) return DocumentFormat::kToml;
  return std::nullopt;
}

Result<Node> parse_document(std::string_view bytes, DocumentFormat format, InputFile file,
                            const DocumentLimits& limits) {
  if (bytes.size() > limits.document_bytes_max) {
    return fail(ErrorCode::kLimit,
                "the file has " + std::to_string(bytes.size()) + " bytes, more than " +
                    std::to_string(limits.document_bytes_max) + " (document_bytes_max)",
                {std::string(file.name), 0, 0, {}}, "split the document");
  }
  const Result<std::string_view> text = check_text(bytes, file.name);
  if (!text) return tl::make_unexpected(text.error());
  DocumentLimits bounded = limits;
  bounded.depth_max = std::min(limits.depth_max, kDepthCeiling);
  DocumentBuilder builder(file, bounded);
  switch (format) {
    case DocumentFormat::kYaml:
      parse_yaml(*text, builder, bounded);
      break;
    case DocumentFormat::kJson:
      parse_json(*text, builder);
      break;
    case DocumentFormat::kToml:
      parse_toml(*text, builder, bounded);
      break;
  }
  return std::move(builder).finish();
}

}  // namespace lull::codec
