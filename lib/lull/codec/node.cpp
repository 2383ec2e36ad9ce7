#include "lull/codec/node.h"

#include <algorithm>
#include <numeric>

namespace lull::codec {
namespace {

// A container whose children are being written, and the order in which they are.
struct OpenContainer {
  const Node* node;
  std::vector<std::uint32_t> order;  // of an object's members by name; empty for an array
  std::size_t next = 0;
};

OpenContainer open(const Node& node) {
  OpenContainer out{&node, {}, 0};
  if (node.kind == Node::Kind::kObject) {
    out.order.resize(node.children.size());
    std::iota(out.order.begin(), out.order.end(), 0U);
    std::ranges::sort(out.order, {}, [&node](std::uint32_t i) -> const std::string& {
      return node.children[i].name;
    });
  }
  return out;
}

// Writes a scalar whole, or a container's opening bracket; the caller then writes its children.
void append_start(std::string& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out += "null";
      return;
    case Node::Kind::kBoolean:
    case Node::Kind::kNumber:
      out += node.scalar;
      return;
    case Node::Kind::kString:
      append_json_string(out, node.scalar);
      return;
    case Node::Kind::kArray:
      out += '[';
      return;
    case Node::Kind::kObject:
      out += '{';
      return;
  }
}

bool is_container(const Node& node) noexcept {
  return node.kind == Node::Kind::kArray || node.kind == Node::Kind::kObject;
}

}  // namespace

std::string_view kind_name(Node::Kind kind) noexcept {
  switch (kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kBoolean:
      return "a boolean";
    case Node::Kind::kNumber:
      return "a number";
    case Node::Kind::kString:
      return "a string";
    case Node::Kind::kArray:
      return "an array";
    case Node::Kind::kObject:
      return "an object";
  }
  return "";
}

const Node* Node::member(std::string_view name) const noexcept {
  if (kind != Kind::kObject) return nullptr;
  const auto at = std::ranges::find(children, name, &Member::name);
  return at == children.end() ? nullptr : &at->value;
}

// Iterative, so that no depth of tree can exhaust the stack.
std::string to_json(const Node& node) {
  std::string out;
  append_start(out, node);
  std::vector<OpenContainer> open_containers;
  if (is_container(node)) open_containers.push_back(open(node));
  while (!open_containers.empty()) {
    OpenContainer& top = open_containers.back();
    const bool object = top.node->kind == Node::Kind::kObject;
    if (top.next == top.node->children.size()) {
      out += object ? '}' : ']';
      open_containers.pop_back();
      continue;
    }
    if (top.next != 0) out += ',';
    const auto& [name, child] = top.node->children[object ? top.order[top.next] : top.next];
    ++top.next;
    if (object) {
      append_json_string(out, name);
      out += ':';
    }
    append_start(out, child);
    if (is_container(child)) open_containers.push_back(open(child));
  }
  return out;
}

}  // namespace lull::codec
