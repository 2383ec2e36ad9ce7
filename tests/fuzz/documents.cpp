#include "documents.h"

#include <string>

#include "require.h"
#include "rewrite.h"

namespace lull::fuzz {
namespace {

using codec::DocumentFormat;
using codec::DocumentLimits;
using codec::Node;

constexpr std::uint32_t kFileIndex = 7;

struct Shape {
  std::size_t nodes = 0;
  std::size_t depth = 0;  // of objects and arrays
};

/// Every value says where it was written. The recursion is as deep as the parser allows.
void look_at(const Node& node, std::string_view text, std::size_t depth, Shape& shape) {
  ++shape.nodes;
  if (node.kind == Node::Kind::kObject || node.kind == Node::Kind::kArray) {
    shape.depth = std::max(shape.depth, depth);
  }
  require(node.origin.file == kFileIndex, "a value names its file");
  require(node.origin.line > 0 && node.origin.column > 0, "a value has a place");
  require(is_place(text, node.origin.line, node.origin.column), "a value's place is in the text");
  for (const auto& [name, child] : node.children) look_at(child, text, depth + 1, shape);
}

/// The same document, read from another text.
void check_same(std::string_view text, DocumentFormat format, const std::string& json,
                std::string_view property) {
  // Aliases may have made much more of the text than a file may be.
  DocumentLimits limits;
  limits.document_bytes_max = text.size();
  const auto again = codec::parse_document(text, format, {kFile, 0}, limits);
  require(again.has_value() && to_json(*again) == json, property);
}

/// Limits refuse what is beyond them, as such, and change nothing else.
void check_limits(std::string_view text, DocumentFormat format, const std::string* whole) {
  DocumentLimits limits;
  limits.document_bytes_max = 512;
  limits.depth_max = 4;
  limits.nodes_max = 24;
  limits.alias_nodes_max = 6;
  limits.alias_bytes_max = 32;
  const auto node = codec::parse_document(text, format, {kFile, kFileIndex}, limits);
  if (!node) {
    require_error(node.error(), text);
    require(whole == nullptr || node.error().code == ErrorCode::kLimit, "a limit says that it is");
    return;
  }
  require(whole != nullptr && to_json(*node) == *whole, "a limit changes no document");
  Shape shape;
  look_at(*node, text, 1, shape);
  require(text.size() <= limits.document_bytes_max && shape.nodes <= limits.nodes_max &&
              shape.depth <= limits.depth_max,
          "a document keeps to its limits");
}

}  // namespace

void check_document(std::string_view text, DocumentFormat format) {
  const auto node = codec::parse_document(text, format, {kFile, kFileIndex});
  if (!node) {
    require_error(node.error(), text);
    check_limits(text, format, nullptr);
    return;
  }
  require(node->kind == Node::Kind::kObject, "a document is an object");
  Shape shape;
  look_at(*node, text, 1, shape);
  const std::string json = to_json(*node);
  check_same(json, DocumentFormat::kJson, json, "canonical JSON reads back as itself");
  if (const auto yaml = to_yaml(*node)) {
    check_same(*yaml, DocumentFormat::kYaml, json, "as YAML it is the same document");
  }
  if (const auto toml = to_toml(*node)) {
    check_same(*toml, DocumentFormat::kToml, json, "as TOML it is the same document");
  }
  check_limits(text, format, &json);
}

}  // namespace lull::fuzz
