// TOML by toml++. Some of its assertions fail on invalid documents, so this unit is always compiled
// with NDEBUG (CMakeLists.txt says so); errors come back as values, not exceptions.
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>

#include "lull/codec/parsers.h"
#include "lull/codec/toml_depth.h"

#ifndef NDEBUG
#error "compile this unit with NDEBUG"
#endif

namespace lull::codec {
namespace {

Spot to_spot(const toml::source_position& position) noexcept {
  return {position.line, position.column};
}

bool before(const toml::source_position& a, const toml::source_position& b) noexcept {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

// The text between two places, for values whose text must stay as it is. Places are asked for in
// any order (a dotted key's values may stand far apart on one line), so each costs a short walk
// from a mark: one stands at every line's start and behind every kStride code points of it.
class SourceText {
 public:
  explicit SourceText(std::string_view text) : text_(text) {
    std::size_t column = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (continues(text[at])) continue;
      if (column == 0) lines_.push_back(marks_.size());
      if (column % kStride == 0) marks_.push_back(at);
      column = text[at] == '\n' ? 0 : column + 1;
    }
    lines_.push_back(marks_.size());
  }

  [[nodiscard]] std::string_view between(const toml::source_region& region) const noexcept {
    const std::size_t begin = offset(region.begin);
    return text_.substr(begin, offset(region.end) - begin);
  }

 private:
  static constexpr std::size_t kStride = 256;

  static bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
  }

  [[nodiscard]] std::size_t offset(const toml::source_position& position) const noexcept {
    if (position.line == 0 || position.line >= lines_.size()) return text_.size();
    const std::size_t column = position.column - 1;
    const std::size_t mark =
        std::min(lines_[position.line - 1] + column / kStride, lines_[position.line] - 1);
    std::size_t at = marks_[mark];
    std::size_t left = column - (mark - lines_[position.line - 1]) * kStride;
    for (; left > 0 && at < text_.size(); --left) {
      do ++at;
      while (at < text_.size() && continues(text_[at]));
    }
    return at;
  }

  std::string_view text_;
  std::vector<std::size_t> marks_;
  std::vector<std::size_t> lines_;  // each line's first mark, and behind the last one's
};

// The recursion ends where the builder refuses the depth.
class TomlReader {
 public:
  TomlReader(std::string_view text, DocumentBuilder& builder) : builder_(builder), source_(text) {}

  void table(const toml::table& table, Spot spot) {
    if (!builder_.begin_object(spot)) return;
    std::vector<std::pair<const toml::key*, const toml::node*>> members;
    members.reserve(table.size());
    for (const auto& [key, node] : table) members.emplace_back(&key, &node);
    std::ranges::sort(members, before,  // toml++ sorts them by name
                      [](const auto& member) { return member.first->source().begin; });
    for (const auto& [key, node] : members) {
      if (!builder_.key(key->str(), to_spot(key->source().begin))) return;
      value(*node);
    }
    builder_.end();
  }

 private:
  void value(const toml::node& node) {
    const Spot spot = to_spot(node.source().begin);
    switch (node.type()) {
      case toml::node_type::table:
        table(*node.as_table(), spot);
        return;
      case toml::node_type::array:
        array(*node.as_array(), spot);
        return;
      case toml::node_type::string:
        builder_.scalar(Node::Kind::kString, node.as_string()->get(), spot);
        return;
      case toml::node_type::integer:
        builder_.scalar(Node::Kind::kNumber, std::to_string(node.as_integer()->get()), spot);
        return;
      case toml::node_type::floating_point:
        decimal(node, spot);
        return;
      case toml::node_type::boolean:
        builder_.scalar(Node::Kind::kBoolean, node.as_boolean()->get() ? "true" : "false", spot);
        return;
      default:
        date_time(node, spot);
        return;
    }
  }

  void array(const toml::array& array, Spot spot) {
    if (!builder_.begin_array(spot)) return;
    for (const toml::node& element : array) value(element);
    builder_.end();
  }

  // toml++ makes a double of it, which loses digits: so its text is taken from the source.
  void decimal(const toml::node& node, Spot spot) {
    std::string text(source_.between(node.source()));
    std::erase(text, '_');
    if (text.starts_with('+')) text.erase(0, 1);
    if (text.ends_with("inf") || text.ends_with("nan")) {
      builder_.fail(ErrorCode::kInvalid, quoted(text) + " is not a finite number", spot,
                    "put it in quotes if it is meant as text");
      return;
    }
    builder_.number(canonical_number(text), spot);
  }

  // JSON has no dates and times: they become strings, as written but in RFC 3339's usual form.
  void date_time(const toml::node& node, Spot spot) {
    std::string text(source_.between(node.source()));
    for (char& c : text) {
      if (c == ' ' || c == 't') c = 'T';
      if (c == 'z') c = 'Z';
    }
    builder_.scalar(Node::Kind::kString, text, spot);
  }

  DocumentBuilder& builder_;
  SourceText source_;
};

}  // namespace

void parse_toml(std::string_view text, DocumentBuilder& builder, const DocumentLimits& limits) {
  if (const auto too_deep = find_toml_deeper_than(text, limits.depth_max)) {
    Positions positions(text);
    builder.fail(ErrorCode::kLimit,
                 "values are nested more than " + std::to_string(limits.depth_max) +
                     " levels deep (document_depth_max)",
                 positions.at(*too_deep));
    return;
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    const bool twice = error.description().find("cannot redefine") != std::string_view::npos;
    builder.fail(twice ? ErrorCode::kDuplicate : ErrorCode::kSyntax,
                 std::string(error.description()), to_spot(error.source().begin));
    return;
  }
  TomlReader(text, builder).table(parsed.table(), {1, 1});
}

}  // namespace lull::codec
