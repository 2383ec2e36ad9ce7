// From the events of a parser to a Node: the checks that all document formats share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lull/base/error.h"
#include "lull/codec/node.h"
#include "lull/codec/number.h"
#include "lull/codec/parse.h"
#include "lull/codec/positions.h"

namespace lull::codec {

/// Where a node is: its index in each container from the root down.
using NodePath = std::vector<std::uint32_t>;

/// Takes events in document order. After the first error every event returns false and does
/// nothing. Threads: one at a time.
class DocumentBuilder {
 public:
  DocumentBuilder(InputFile file, const DocumentLimits& limits) : file_(file), limits_(limits) {}

  bool begin_object(Spot spot) { return begin(Node::Kind::kObject, spot); }
  bool begin_array(Spot spot) { return begin(Node::Kind::kArray, spot); }
  bool key(std::string_view name, Spot spot);
  bool scalar(Node::Kind kind, std::string_view text, Spot spot);
  /// A number in JSON's grammar, or the fault that a parser found in one.
  bool number(const tl::expected<std::string, ScalarFault>& number, Spot spot);
  /// A copy of a node that is complete, for an alias at `spot`.
  bool copy(const Node& node, Spot spot);
  /// Ends the innermost object or array. Duplicate keys are found here.
  bool end();

  /// Records the error, unless there is one already. Always false.
  bool fail(ErrorCode code, std::string message, Spot spot, std::string hint = {});
  bool fail(Error error);

  /// Whether the next event must be a key, or the end of an object.
  [[nodiscard]] bool expects_key() const noexcept;
  [[nodiscard]] bool failed() const noexcept { return error_.has_value(); }
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
  /// The path of the value that comes next.
  [[nodiscard]] NodePath next_path() const;
  /// The node at a path, or null while it is still open.
  [[nodiscard]] const Node* complete_node(std::span<const std::uint32_t> path) const noexcept;
  /// Where the innermost container that is still open begins.
  [[nodiscard]] Spot open_spot() const noexcept;
  [[nodiscard]] InputFile file() const noexcept { return file_; }

  [[nodiscard]] Result<Node> finish() &&;

 private:
  struct Frame {
    Node node;
    std::vector<Spot> key_spots;  // of an object: one for each child, and for the pending key
    std::string pending_key;
    bool has_pending_key = false;
  };

  bool begin(Node::Kind kind, Spot spot);
  bool admit(Node::Kind kind, Spot spot);
  bool fail_depth(Spot spot);
  bool check_text(std::string_view text, Spot spot);
  bool check_duplicates(const Frame& frame);
  bool append(Node node);
  [[nodiscard]] std::string pointer() const;

  InputFile file_;
  DocumentLimits limits_;
  std::vector<Frame> frames_;
  std::optional<Node> root_;
  std::optional<Error> error_;
  std::size_t nodes_ = 0;
  std::size_t alias_nodes_ = 0;
  std::size_t alias_bytes_ = 0;
};

}  // namespace lull::codec
