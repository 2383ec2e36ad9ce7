#include "lull/publish/stored_document.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "lull/base/key.h"
#include "lull/publish/effective.h"
#include "lull/snapshot/bounded_input.h"
#include "lull/snapshot/varint.h"

namespace lull::publish {
namespace {

using snapshot::append_varint;
using snapshot::BoundedInput;
using snapshot::Document;

constexpr std::string_view kHead = "LDc1";
/// A layer comes from one file; more are read, so that this need not be known here.
constexpr std::size_t kFilesMax = 64;

void append_sized(std::string& out, std::string_view bytes) {
  append_varint(out, bytes.size());
  out += bytes;
}

/// Depth first, in the order of the text. As deep as the parser allows.
template <class Visit>
void walk(const Document& document, Document::Node node, Visit& visit) {
  visit(document.origin(node));
  const Document::Children children = document.children(node);
  for (std::uint32_t i = 0; i < children.count; ++i) walk(document, children.first + i, visit);
}

/// Gives each node of a canonical text, which is in the same order, its place.
bool read_origins(codec::Node& node, std::size_t files, BoundedInput& in) {
  const auto file = in.size(files - 1);
  const auto line = in.size(std::numeric_limits<std::uint32_t>::max());
  if (!file || !line) return false;
  node.origin = {static_cast<std::uint32_t>(*file), static_cast<std::uint32_t>(*line), 0};
  return std::ranges::all_of(
      node.children, [&](codec::Member& child) { return read_origins(child.value, files, in); });
}

}  // namespace

std::string stored_document(const Document& document) {
  std::uint32_t last_file = 0;
  std::string origins;
  const auto note = [&](const snapshot::NodeOrigin& origin) {
    last_file = std::max(last_file, origin.file);
    append_varint(origins, origin.file);
    append_varint(origins, origin.line);
  };
  walk(document, Document::kRoot, note);
  std::string out(kHead);
  append_sized(out, document.name());
  append_varint(out, last_file + 1);
  for (std::uint32_t i = 0; i <= last_file; ++i) append_sized(out, document.file(i));
  append_sized(out, document.text());
  return out + origins;
}

Result<std::shared_ptr<const Document>> read_stored_document(
    std::string_view bytes, const codec::DocumentLimits& limits,
    std::shared_ptr<MemoryAccount> account) {
  BoundedInput in(bytes, "a stored document");
  if (in.take(kHead.size()) != kHead) return in.refuse("has another form");
  const auto name = in.sized();
  if (!name || !is_document_name(*name)) return in.refuse("has no name that is allowed");
  const auto count = in.size(kFilesMax);
  if (!count || *count == 0) return in.refuse("has no number of files that is allowed");
  std::vector<std::string> files;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto file = in.sized();
    if (!file) return in.refuse("names more bytes than it has");
    files.emplace_back(*file);
  }
  const auto text = in.sized();
  if (!text) return in.refuse("names more bytes than it has");
  codec::DocumentLimits of_text = limits;
  of_text.document_bytes_max =
      text->size();  // the limit is for files: canonical text may be longer
  auto node = codec::parse_document(*text, codec::DocumentFormat::kJson, {*name, 0}, of_text);
  if (!node) return tl::make_unexpected(std::move(node.error()));
  if (!read_origins(*node, files.size(), in)) return in.refuse("has broken origins");
  if (!in.done()) return in.refuse("has bytes after its origins");
  auto document = to_document(std::string(*name), *node, files, std::move(account));
  if (document->text() != *text) return in.refuse("is not in canonical form");
  return document;
}

}  // namespace lull::publish
