// One published document: a canonical JSON text and an index from path to its slice of that text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/hash.h"
#include "lull/base/memory_account.h"

namespace lull::snapshot {

enum class NodeKind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

/// Where a node was written: file (an index into the document's files) and line, 0 if unknown.
struct NodeOrigin {
  std::uint32_t file = 0;
  std::uint32_t line = 0;
};

/// An immutable JSON document. Keys are sorted by their bytes and the text has no white space, so
/// that equal data has equal text.
/// Threads: any, without synchronisation.  Lifetime: the snapshot that it was read under.
/// Cost: find() is O(depth * log(fan-out)), allocates nothing.
class Document {
 public:
  /// A position in the document, by its number in the index; the root is 0.
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;

  ~Document();  ///< Poisons the text in builds with assertions.
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  /// The whole document as canonical JSON.
  [[nodiscard]] std::string_view text() const noexcept {
    return std::string_view(bytes_).substr(0, text_size_);
  }
  /// SHA-256 of the text: the data alone, neither the name nor the origins.
  [[nodiscard]] const Sha256& content_hash() const noexcept { return content_hash_; }

  /// The node at an RFC 6901 pointer without its leading '/', e.g. `db/urls/0`; `~1` and `~0` are
  /// undone here. An empty pointer is the root. Empty segments are the caller's to refuse.
  [[nodiscard]] std::optional<Node> find(std::string_view pointer) const noexcept;

  [[nodiscard]] NodeKind kind(Node node) const noexcept;
  /// The node as JSON: bytes that already exist.
  [[nodiscard]] std::string_view text(Node node) const noexcept;
  /// The member name of the node in its object, unescaped; empty for the root and array elements.
  [[nodiscard]] std::string_view key(Node node) const noexcept;
  /// The children of an object (sorted by key) or array (in order) are neighbours in the index:
  /// nodes `first` to `first + count - 1`.
  struct Children {
    Node first = 0;
    std::uint32_t count = 0;
  };
  [[nodiscard]] Children children(Node node) const noexcept;

  [[nodiscard]] NodeOrigin origin(Node node) const noexcept;
  /// The file of an origin, as the source names it; empty if unknown.
  [[nodiscard]] std::string_view file(std::uint32_t index) const noexcept;

  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  friend class DocumentBuilder;
  /// The children of an object or array have consecutive numbers, those of an object by key.
  struct Entry {
    std::uint32_t text_begin = 0;
    std::uint32_t text_size = 0;
    std::uint32_t key_begin = 0;
    std::uint32_t key_size = 0;
    std::uint32_t first_child = 0;
    std::uint32_t child_count = 0;
  };
  /// Kept apart from Entry, so that the binary search of find() passes over small entries only: it
  /// looks at the kind of each container on the way, at the origins never.
  struct Detail {
    NodeOrigin origin;
    NodeKind kind = NodeKind::kNull;
  };

  Document() = default;
  [[nodiscard]] std::string_view slice(std::uint32_t begin, std::uint32_t size) const noexcept {
    return {bytes_.data() + begin, size};
  }
  [[nodiscard]] std::optional<Node> member(const Entry& object,
                                           std::string_view segment) const noexcept;
  [[nodiscard]] static std::optional<Node> element(const Entry& array,
                                                   std::string_view segment) noexcept;

  std::string name_;
  std::string bytes_;  ///< The text, then those keys that the text has only in escaped form.
  std::size_t text_size_ = 0;
  std::vector<Entry> entries_;
  std::vector<Detail> details_;  ///< Same numbering.
  std::vector<std::string> files_;
  Sha256 content_hash_;
  MemoryAccount::Charge charge_;
};

/// Builds a document from a depth-first walk. Within an object, keys may come in any order; a key
/// twice is an error of the caller (asserted).
/// Threads: one at a time.  Cost: O(nodes * log(fan-out)) time; the call stack does not grow with
/// the depth of the document.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::string name, std::shared_ptr<MemoryAccount> account = nullptr);
  ~DocumentBuilder();
  DocumentBuilder(const DocumentBuilder&) = delete;
  DocumentBuilder& operator=(const DocumentBuilder&) = delete;

  /// Registers a file name and returns its index for origins; the same name gives the same index.
  std::uint32_t file(std::string_view name);

  void begin_object(NodeOrigin origin);
  void end_object();
  void begin_array(NodeOrigin origin);
  void end_array();
  void key(std::string_view unescaped);
  void string(std::string_view unescaped, NodeOrigin origin);
  /// A number, `true`, `false` or `null` as canonical JSON text.
  void literal(NodeKind kind, std::string_view json, NodeOrigin origin);

  /// The document; the builder must not be used afterwards. Throws std::length_error if the text
  /// would reach 4 GiB, which the limits of the parsers rule out.
  [[nodiscard]] std::shared_ptr<const Document> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lull::snapshot
