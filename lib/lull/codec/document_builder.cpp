#include "lull/codec/document_builder.h"

#include <algorithm>
#include <numeric>

#include "lull/base/utf8.h"

namespace lull::codec {
namespace {

struct Extent {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  std::size_t depth = 0;
};

// Measures a tree, but looks at no more than `nodes_max` + 1 nodes. The recursion is as deep as the
// tree, whose depth was checked when it was built.
void measure(const Node& node, std::size_t depth, std::size_t nodes_max, Extent& out) {
  const bool is_level = node.kind == Node::Kind::kObject || node.kind == Node::Kind::kArray;
  if (is_level) out.depth = std::max(out.depth, depth);
  out.bytes += node.scalar.size();
  ++out.nodes;
  for (const auto& [name, child] : node.children) {
    if (out.nodes > nodes_max) return;
    out.bytes += name.size();
    measure(child, depth + 1, nodes_max, out);
  }
}

// The indices of two members of the same name, the second as early as possible in the order of
// sorting; or nothing.
std::optional<std::pair<std::size_t, std::size_t>> find_duplicate(const Node& object) {
  const auto& members = object.children;
  constexpr std::size_t kFew = 8;  // for so few, comparing all pairs is faster than sorting
  if (members.size() <= kFew) {
    for (std::size_t second = 1; second < members.size(); ++second) {
      for (std::size_t first = 0; first < second; ++first) {
        if (members[first].name == members[second].name) return {{first, second}};
      }
    }
    return std::nullopt;
  }
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&members](std::size_t a, std::size_t b) {
    const int compared = members[a].name.compare(members[b].name);
    return compared != 0 ? compared < 0 : a < b;
  });
  const auto same = std::ranges::adjacent_find(order, [&members](std::size_t a, std::size_t b) {
    return members[a].name == members[b].name;
  });
  if (same == order.end()) return std::nullopt;
  return {{*same, *(same + 1)}};
}

}  // namespace

bool DocumentBuilder::key(std::string_view name, Spot spot) {
  if (failed() || !check_text(name, spot)) return false;
  Frame& frame = frames_.back();
  frame.pending_key = name;
  frame.has_pending_key = true;
  frame.key_spots.push_back(spot);
  return true;
}

bool DocumentBuilder::scalar(Node::Kind kind, std::string_view text, Spot spot) {
  if (!admit(kind, spot)) return false;
  if (kind == Node::Kind::kString && !check_text(text, spot)) return false;
  return append(Node{kind, std::string(text), {}, {file_.index, spot.line, spot.column}});
}

bool DocumentBuilder::number(const tl::expected<std::string, ScalarFault>& number, Spot spot) {
  if (!number) return fail(ErrorCode::kInvalid, number.error().message, spot, number.error().hint);
  return scalar(Node::Kind::kNumber, *number, spot);
}

bool DocumentBuilder::copy(const Node& node, Spot spot) {
  if (!admit(node.kind, spot)) return false;
  Extent extent{};
  const std::size_t nodes_left = limits_.alias_nodes_max - alias_nodes_;
  measure(node, frames_.size() + 1, nodes_left, extent);
  if (extent.nodes > nodes_left) {
    return fail(ErrorCode::kLimit,
                "aliases expand to more than " + std::to_string(limits_.alias_nodes_max) +
                    " values (alias_nodes_max)",
                spot, "write the values out, or split the document");
  }
  if (extent.bytes > limits_.alias_bytes_max - alias_bytes_) {
    return fail(ErrorCode::kLimit,
                "aliases expand to more than " + std::to_string(limits_.alias_bytes_max) +
                    " bytes of text (alias_bytes_max)",
                spot, "write the values out, or split the document");
  }
  if (extent.depth > limits_.depth_max) return fail_depth(spot);
  alias_nodes_ += extent.nodes;
  alias_bytes_ += extent.bytes;
  nodes_ += extent.nodes - 1;  // admit() counted one
  return append(node);
}

bool DocumentBuilder::end() {
  if (failed()) return false;
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.node.kind == Node::Kind::kObject && !check_duplicates(frame)) return false;
  return append(std::move(frame.node));
}

bool DocumentBuilder::fail(ErrorCode code, std::string message, Spot spot, std::string hint) {
  return fail(Error{code,
                    std::move(message),
                    {std::string(file_.name), spot.line, spot.column, pointer()},
                    std::move(hint)});
}

bool DocumentBuilder::fail(Error error) {
  if (!failed()) error_ = std::move(error);
  return false;
}

bool DocumentBuilder::fail_depth(Spot spot) {
  return fail(ErrorCode::kLimit,
              "values are nested more than " + std::to_string(limits_.depth_max) +
                  " levels deep (document_depth_max)",
              spot);
}

bool DocumentBuilder::expects_key() const noexcept {
  return !frames_.empty() && frames_.back().node.kind == Node::Kind::kObject &&
         !frames_.back().has_pending_key;
}

Spot DocumentBuilder::open_spot() const noexcept {
  if (frames_.empty()) return {};
  const Origin& origin = frames_.back().node.origin;
  return {origin.line, origin.column};
}

NodePath DocumentBuilder::next_path() const {
  NodePath path;
  path.reserve(frames_.size());
  for (const Frame& frame : frames_) {
    path.push_back(static_cast<std::uint32_t>(frame.node.children.size()));
  }
  return path;
}

const Node* DocumentBuilder::complete_node(std::span<const std::uint32_t> path) const noexcept {
  // An open container is not yet among its parent's children, so it has the index that comes next.
  std::size_t level = 0;
  while (level < path.size() && level < frames_.size() &&
         path[level] == frames_[level].node.children.size()) {
    ++level;
  }
  if (level >= path.size() || level >= frames_.size()) return nullptr;
  const Node* node = &frames_[level].node;
  for (; level < path.size(); ++level) node = &node->children[path[level]].value;
  return node;
}

Result<Node> DocumentBuilder::finish() && {
  if (!failed() && !root_) fail(ErrorCode::kInvalid, "the file holds no document", {});
  if (failed()) return tl::make_unexpected(std::move(*error_));
  return std::move(*root_);
}

bool DocumentBuilder::begin(Node::Kind kind, Spot spot) {
  if (!admit(kind, spot)) return false;
  if (frames_.size() >= limits_.depth_max) return fail_depth(spot);
  Frame& frame = frames_.emplace_back();
  frame.node.kind = kind;
  frame.node.origin = {file_.index, spot.line, spot.column};
  return true;
}

bool DocumentBuilder::admit(Node::Kind kind, Spot spot) {
  if (failed()) return false;
  if (frames_.empty() && kind != Node::Kind::kObject) {
    return fail(ErrorCode::kInvalid,
                "the document is " + std::string(kind_name(kind)) + ", expected an object", spot,
                "start with keys and their values");
  }
  if (++nodes_ > limits_.nodes_max) {
    return fail(
        ErrorCode::kLimit,
        "the document has more than " + std::to_string(limits_.nodes_max) + " values (nodes_max)",
        spot, "split the document");
  }
  return true;
}

bool DocumentBuilder::check_text(std::string_view text, Spot spot) {
  if (text.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::kInvalid, "a string holds the character NUL, which is not allowed",
                spot);
  }
  if (!is_utf8(text)) {
    return fail(ErrorCode::kInvalid, "an escape makes a string invalid UTF-8", spot);
  }
  return true;
}

bool DocumentBuilder::check_duplicates(const Frame& frame) {
  const auto duplicate = find_duplicate(frame.node);
  if (!duplicate) return true;
  const auto [first, second] = *duplicate;
  return fail(ErrorCode::kDuplicate,
              "key " + quoted(frame.node.children[second].name) +
                  " is defined twice; first on line " + std::to_string(frame.key_spots[first].line),
              frame.key_spots[second], "delete one of them");
}

bool DocumentBuilder::append(Node node) {
  if (frames_.empty()) {
    root_ = std::move(node);
    return true;
  }
  Frame& parent = frames_.back();
  parent.node.children.emplace_back(std::move(parent.pending_key), std::move(node));
  parent.pending_key.clear();
  parent.has_pending_key = false;
  return true;
}

std::string DocumentBuilder::pointer() const {
  std::string out;
  for (const Frame& frame : frames_) {
    if (frame.node.kind == Node::Kind::kArray) {
      out += '/' + std::to_string(frame.node.children.size());
    } else if (frame.has_pending_key) {
      out += '/';
      for (const char c : frame.pending_key) {
        if (c == '~') {
          out += "~0";
        } else if (c == '/') {
          out += "~1";
        } else {
          out += c;
        }
      }
    }
  }
  return out;
}

}  // namespace lull::codec
