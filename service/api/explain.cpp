#include "api/explain.h"

#include "lull/codec/node.h"

namespace lull::api {
namespace {

using snapshot::Document;
using snapshot::NodeKind;

void append_segment(std::string& path, std::string_view key) {
  path += '/';
  for (const char c : key) {
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
}

/// Writes leaves depth first. The depth is the document's: bounded where it was parsed.
class LeafWriter {
 public:
  LeafWriter(const Document& document, std::string& out, std::size_t bytes_max)
      : document_(document), out_(out), bytes_max_(bytes_max) {}

  /// False once the bound is exceeded.
  bool write(Document::Node node, std::string& path) {
    const auto [first, count] = document_.children(node);
    if (count == 0) return write_leaf(node, path);
    const bool array = document_.kind(node) == NodeKind::kArray;
    const std::size_t length = path.size();
    for (std::uint32_t i = 0; i < count; ++i) {
      append_segment(path, array ? std::to_string(i) : document_.key(first + i));
      const bool goes_on = write(first + i, path);
      path.resize(length);
      if (!goes_on) return false;
    }
    return true;
  }

 private:
  bool write_leaf(Document::Node node, std::string_view path) {
    if (out_.back() == '}') out_ += ',';
    out_ += R"({"path":)";
    codec::append_json_string(out_, path);
    out_ += R"(,"value":)";
    out_ += document_.text(node);
    const auto [file, line] = document_.origin(node);
    out_ += R"(,"file":)";
    codec::append_json_string(out_, document_.file(file));
    out_ += R"(,"line":)";
    out_ += std::to_string(line);
    out_ += '}';
    return out_.size() <= bytes_max_;
  }

  const Document& document_;
  std::string& out_;
  const std::size_t bytes_max_;
};

}  // namespace

Parsed<std::string> explain(const Explained& what, std::size_t bytes_max) {
  std::string out = R"({"revision":")" + std::string(what.revision) + R"(","app":)";
  codec::append_json_string(out, what.app);
  if (what.layer.empty()) {
    out += R"(,"profiles":[)";
    for (const std::string_view profile : what.profiles) {
      if (out.back() == '"') out += ',';
      codec::append_json_string(out, profile);
    }
    out += ']';
  } else {
    out += R"(,"layer":)";
    codec::append_json_string(out, what.layer);
  }
  out += R"(,"leaves":[)";
  std::string path = what.pointer.empty() ? "" : "/" + std::string(what.pointer);
  if (!LeafWriter(what.document, out, bytes_max).write(what.node, path)) {
    return refuse(413, code::kResponseTooLarge,
                  "the explanation exceeds " + std::to_string(bytes_max) +
                      " bytes; ask for a path further down");
  }
  out += "]}";
  return out;
}

}  // namespace lull::api
