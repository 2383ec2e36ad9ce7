#include "lull/publish/effective.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "lull/validate/layering.h"

namespace lull::publish {
namespace {

using codec::Node;
using snapshot::Document;
using snapshot::DocumentBuilder;
using snapshot::NodeKind;
using snapshot::NodeOrigin;
using snapshot::Tree;

/// Walks a node into a builder; only files that some node names are registered. Depth is that of
/// the parsed documents, which the parser bounds.
class Writer {
 public:
  Writer(DocumentBuilder& out, std::span<const std::string> files)
      : out_(out), files_(files), registered_(files.size()) {}

  void write(const Node& node) {
    const NodeOrigin origin = place(node.origin);
    switch (node.kind) {
      case Node::Kind::kObject:
        out_.begin_object(origin);
        for (const auto& [name, value] : node.children) {
          out_.key(name);
          write(value);
        }
        out_.end_object();
        break;
      case Node::Kind::kArray:
        out_.begin_array(origin);
        for (const auto& [name, value] : node.children) write(value);
        out_.end_array();
        break;
      case Node::Kind::kString:
        out_.string(node.scalar, origin);
        break;
      case Node::Kind::kNumber:
        out_.literal(NodeKind::kNumber, node.scalar, origin);
        break;
      case Node::Kind::kBoolean:
        out_.literal(NodeKind::kBoolean, node.scalar, origin);
        break;
      case Node::Kind::kNull:
        out_.literal(NodeKind::kNull, "null", origin);
        break;
    }
  }

 private:
  NodeOrigin place(const codec::Origin& origin) {
    if (origin.file >= files_.size()) return {};
    auto& index = registered_[origin.file];
    if (!index) index = out_.file(files_[origin.file]);
    return {*index, origin.line};
  }

  DocumentBuilder& out_;
  std::span<const std::string> files_;
  std::vector<std::optional<std::uint32_t>> registered_;
};

/// Undoes what append_json_string() does: the short forms and \u00xx, nothing else occurs.
std::string unescape(std::string_view quoted) {
  const std::string_view text = quoted.substr(1, quoted.size() - 2);
  std::string out;
  out.reserve(text.size());
  const auto hex = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (const char kind = text[++i]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u':
        out += static_cast<char>(hex(text[i + 3]) * 16 + hex(text[i + 4]));
        i += 4;
        break;
      default:
        out += kind;  // '"' and '\'
    }
  }
  return out;
}

class Reader {
 public:
  Reader(const Document& document, std::vector<std::string>& files)
      : document_(document), files_(files) {}

  Node read(Document::Node at) {
    Node out;
    out.origin = place(document_.origin(at));
    switch (document_.kind(at)) {
      case NodeKind::kObject:
        out.kind = Node::Kind::kObject;
        read_children(at, out);
        break;
      case NodeKind::kArray:
        out.kind = Node::Kind::kArray;
        read_children(at, out);
        break;
      case NodeKind::kString:
        out.kind = Node::Kind::kString;
        out.scalar = unescape(document_.text(at));
        break;
      case NodeKind::kNumber:
        out.kind = Node::Kind::kNumber;
        out.scalar = document_.text(at);
        break;
      case NodeKind::kBoolean:
        out.kind = Node::Kind::kBoolean;
        out.scalar = document_.text(at);
        break;
      case NodeKind::kNull:
        break;
    }
    return out;
  }

 private:
  void read_children(Document::Node at, Node& out) {
    const Document::Children children = document_.children(at);
    out.children.reserve(children.count);
    for (Document::Node i = children.first; i < children.first + children.count; ++i) {
      out.children.emplace_back(std::string(document_.key(i)), read(i));
    }
  }

  codec::Origin place(const NodeOrigin& origin) {
    if (origin.file >= placed_.size()) placed_.resize(origin.file + 1);
    auto& index = placed_[origin.file];
    if (!index) {
      index = static_cast<std::uint32_t>(files_.size());
      files_.emplace_back(document_.file(origin.file));
    }
    return {*index, origin.line, 0};
  }

  const Document& document_;
  std::vector<std::string>& files_;
  std::vector<std::optional<std::uint32_t>> placed_;  // the document's file -> its place in files_
};

}  // namespace

std::shared_ptr<const Document> to_document(std::string name, const Node& node,
                                            std::span<const std::string> files,
                                            std::shared_ptr<MemoryAccount> account) {
  DocumentBuilder builder(std::move(name), std::move(account));
  Writer(builder, files).write(node);
  return builder.finish();
}

Node to_node(const Document& document, std::vector<std::string>& files) {
  return Reader(document, files).read(Document::kRoot);
}

std::shared_ptr<const Document> merge_documents(std::string name,
                                                std::span<const Tree::DocumentPtr> lowest_first,
                                                std::shared_ptr<MemoryAccount> account) {
  if (lowest_first.size() == 1) return lowest_first.front();
  std::vector<std::string> files;
  std::vector<Node> nodes;
  nodes.reserve(lowest_first.size());
  std::vector<const Node*> pointers;
  for (const Tree::DocumentPtr& layer : lowest_first) {
    pointers.push_back(&nodes.emplace_back(to_node(*layer, files)));
  }
  return to_document(std::move(name), validate::merge_layers(pointers), files, std::move(account));
}

std::shared_ptr<const Document> merge_effective(const Tree& tree, std::string_view app,
                                                std::span<const std::string_view> profiles,
                                                std::shared_ptr<MemoryAccount> account) {
  if (!tree.has_app(app)) return nullptr;
  std::vector<Tree::DocumentPtr> layers;
  for (const std::string& name : validate::layer_order(app, profiles)) {
    if (auto layer = tree.shared_layer(name)) layers.push_back(std::move(layer));
  }
  return merge_documents(std::string(app), layers, std::move(account));
}

}  // namespace lull::publish
