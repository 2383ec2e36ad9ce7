// A walk is first recorded as a list of nodes in the order in which they came; finish() numbers
// them breadth first, so that siblings become neighbours, and then writes the text depth first.
// Both passes keep their own stacks.
#include <algorithm>
#include <cassert>
#include <limits>
#include <stdexcept>
#include <utility>

#include "lull/base/json_string.h"
#include "lull/snapshot/document.h"

namespace lull::snapshot {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

}  // namespace

struct DocumentBuilder::State {
  /// A node of the walk. `key` and `scalar` are ranges of `pool`.
  struct Item {
    NodeKind kind = NodeKind::kNull;
    NodeOrigin origin;
    std::size_t key_begin = 0;
    std::size_t key_size = 0;
    std::size_t scalar_begin = 0;
    std::size_t scalar_size = 0;
    std::uint32_t next_sibling = kNone;
    std::uint32_t first_child = kNone;
    std::uint32_t last_child = kNone;
  };

  [[nodiscard]] std::string_view key_of(std::uint32_t item) const {
    return std::string_view(pool).substr(items[item].key_begin, items[item].key_size);
  }
  [[nodiscard]] std::string_view scalar_of(std::uint32_t item) const {
    return std::string_view(pool).substr(items[item].scalar_begin, items[item].scalar_size);
  }

  std::uint32_t add(NodeKind kind, NodeOrigin origin, std::string_view scalar);
  void close([[maybe_unused]] NodeKind kind);
  void number(Document& document);
  void append_children(std::uint32_t item);
  void write(Document& document) const;
  void open(Document& document, Document::Node node) const;
  void append_key(Document& document, Document::Node node) const;
  void append_escaped_keys(Document& document) const;
  static void check_size(const std::string& bytes);

  std::string name;
  std::shared_ptr<MemoryAccount> account;
  std::vector<std::string> files;
  std::string pool;
  std::vector<Item> items;
  std::vector<std::uint32_t> open_items;  ///< The containers that the walk is inside of.
  std::pair<std::size_t, std::size_t> pending_key;
  bool has_key = false;
  std::vector<std::uint32_t> order;  ///< The item of each node number.
};

DocumentBuilder::DocumentBuilder(std::string name, std::shared_ptr<MemoryAccount> account)
    : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->account = std::move(account);
}

DocumentBuilder::~DocumentBuilder() = default;

std::uint32_t DocumentBuilder::file(std::string_view name) {
  std::vector<std::string>& files = state_->files;
  const auto found = std::ranges::find(files, name);
  if (found == files.end()) {
    files.emplace_back(name);
    return static_cast<std::uint32_t>(files.size() - 1);
  }
  return static_cast<std::uint32_t>(found - files.begin());
}

void DocumentBuilder::begin_object(NodeOrigin origin) {
  state_->open_items.push_back(state_->add(NodeKind::kObject, origin, {}));
}

void DocumentBuilder::end_object() {
  state_->close(NodeKind::kObject);
}

void DocumentBuilder::begin_array(NodeOrigin origin) {
  state_->open_items.push_back(state_->add(NodeKind::kArray, origin, {}));
}

void DocumentBuilder::end_array() {
  state_->close(NodeKind::kArray);
}

void DocumentBuilder::key(std::string_view unescaped) {
  assert(!state_->has_key && !state_->open_items.empty());
  state_->pending_key = {state_->pool.size(), unescaped.size()};
  state_->pool += unescaped;
  state_->has_key = true;
}

void DocumentBuilder::string(std::string_view unescaped, NodeOrigin origin) {
  state_->add(NodeKind::kString, origin, unescaped);
}

void DocumentBuilder::literal(NodeKind kind, std::string_view json, NodeOrigin origin) {
  assert(kind == NodeKind::kNull || kind == NodeKind::kBoolean || kind == NodeKind::kNumber);
  state_->add(kind, origin, json);
}

std::uint32_t DocumentBuilder::State::add(NodeKind kind, NodeOrigin origin,
                                          std::string_view scalar) {
  assert((items.empty() || !open_items.empty()) && "a document has one root");
  const auto index = static_cast<std::uint32_t>(items.size());
  Item item{.kind = kind, .origin = origin};
  item.scalar_begin = pool.size();
  item.scalar_size = scalar.size();
  pool += scalar;
  if (!open_items.empty()) {
    Item& parent = items[open_items.back()];
    assert(has_key == (parent.kind == NodeKind::kObject));
    if (std::exchange(has_key, false)) {
      item.key_begin = pending_key.first;
      item.key_size = pending_key.second;
    }
    if (parent.last_child == kNone) {
      parent.first_child = index;
    } else {
      items[parent.last_child].next_sibling = index;
    }
    parent.last_child = index;
  }
  items.push_back(item);
  return index;
}

void DocumentBuilder::State::close([[maybe_unused]] NodeKind kind) {
  assert(!open_items.empty() && items[open_items.back()].kind == kind && !has_key);
  open_items.pop_back();
}

void DocumentBuilder::State::append_children(std::uint32_t item) {
  const auto first = static_cast<std::ptrdiff_t>(order.size());
  for (std::uint32_t child = items[item].first_child; child != kNone;
       child = items[child].next_sibling) {
    order.push_back(child);
  }
  if (items[item].kind != NodeKind::kObject) return;
  const auto by_key = [this](std::uint32_t child) { return key_of(child); };
  std::ranges::sort(order.begin() + first, order.end(), {}, by_key);
  assert(std::ranges::adjacent_find(order.begin() + first, order.end(), {}, by_key) ==
             order.end() &&
         "a key twice in one object");
}

void DocumentBuilder::State::number(Document& document) {
  document.entries_.resize(items.size());
  document.details_.resize(items.size());
  order.reserve(items.size());
  order.push_back(0);
  for (std::uint32_t node = 0; node < order.size(); ++node) {
    const std::uint32_t item = order[node];
    Document::Entry& entry = document.entries_[node];
    entry.first_child = static_cast<std::uint32_t>(order.size());
    append_children(item);
    entry.child_count = static_cast<std::uint32_t>(order.size()) - entry.first_child;
    document.details_[node] = {items[item].origin, items[item].kind};
  }
}

void DocumentBuilder::State::check_size(const std::string& bytes) {
  if (bytes.size() < kNone) return;
  throw std::length_error("a document of 4 GiB");  // Allowed: codec limits come far before
}

/// Writes the key of a node and remembers where it is, if it reads the same escaped.
void DocumentBuilder::State::append_key(Document& document, Document::Node node) const {
  const std::string_view key = key_of(order[node]);
  const std::size_t begin = document.bytes_.size() + 1;
  append_json_string(document.bytes_, key);
  check_size(document.bytes_);
  Document::Entry& entry = document.entries_[node];
  const bool escaped = document.bytes_.size() - begin - 1 != key.size();
  entry.key_begin = escaped ? kNone : static_cast<std::uint32_t>(begin);
  entry.key_size = static_cast<std::uint32_t>(key.size());
  document.bytes_ += ':';
}

/// Writes a scalar, or the opening bracket of a container.
void DocumentBuilder::State::open(Document& document, Document::Node node) const {
  Document::Entry& entry = document.entries_[node];
  std::string& bytes = document.bytes_;
  entry.text_begin = static_cast<std::uint32_t>(bytes.size());
  switch (document.details_[node].kind) {
    case NodeKind::kObject:
      bytes += '{';
      break;
    case NodeKind::kArray:
      bytes += '[';
      break;
    case NodeKind::kString:
      append_json_string(bytes, scalar_of(order[node]));
      break;
    default:
      bytes += scalar_of(order[node]);
  }
  check_size(bytes);
  entry.text_size = static_cast<std::uint32_t>(bytes.size()) - entry.text_begin;
}

void DocumentBuilder::State::write(Document& document) const {
  struct Frame {
    Document::Node container;
    std::uint32_t written;
  };
  std::vector<Frame> frames;
  const auto enter = [&](Document::Node node) {
    open(document, node);
    const NodeKind kind = document.details_[node].kind;
    if (kind == NodeKind::kObject || kind == NodeKind::kArray) frames.push_back({node, 0});
  };
  enter(Document::kRoot);
  while (!frames.empty()) {
    Frame& frame = frames.back();
    Document::Entry& entry = document.entries_[frame.container];
    const bool object = document.details_[frame.container].kind == NodeKind::kObject;
    if (frame.written == entry.child_count) {
      document.bytes_ += object ? '}' : ']';
      check_size(document.bytes_);
      entry.text_size = static_cast<std::uint32_t>(document.bytes_.size()) - entry.text_begin;
      frames.pop_back();
      continue;
    }
    const Document::Node child = entry.first_child + frame.written;
    if (frame.written++ != 0) document.bytes_ += ',';
    if (object) append_key(document, child);
    enter(child);
  }
}

void DocumentBuilder::State::append_escaped_keys(Document& document) const {
  for (std::size_t node = 0; node < order.size(); ++node) {
    Document::Entry& entry = document.entries_[node];
    if (entry.key_begin != kNone) continue;
    entry.key_begin = static_cast<std::uint32_t>(document.bytes_.size());
    document.bytes_ += key_of(order[node]);
    check_size(document.bytes_);
  }
}

std::shared_ptr<const Document> DocumentBuilder::finish() {
  State& state = *state_;
  assert(!state.items.empty() && state.open_items.empty() && "an unfinished walk");
  const std::shared_ptr<Document> document(new Document());
  document->name_ = std::move(state.name);
  document->files_ = std::move(state.files);
  state.number(*document);
  state.write(*document);
  document->text_size_ = document->bytes_.size();
  state.append_escaped_keys(*document);
  document->bytes_.shrink_to_fit();
  document->content_hash_ = Sha256Stream().field(document->text()).finish();
  document->charge_ = MemoryAccount::Charge(std::move(state.account), document->memory_bytes());
  state_.reset();
  return document;
}

}  // namespace lull::snapshot
