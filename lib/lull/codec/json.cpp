// JSON by nlohmann_json's SAX interface. It knows no positions and loses digits, so a cursor walks
// the text beside it: between two events there is nothing but white space, commas and colons.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "lull/codec/parsers.h"

namespace lull::codec {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Tokens of text that the parser has already accepted, or is about to refuse.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : text_(text) {}

  struct Token {
    std::size_t offset = 0;
    std::string_view text;  // empty at the end
  };

  // The next token, commas and colons included.
  Token next() noexcept {
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    const std::size_t start = at_;
    if (at_ < text_.size()) at_ = end_of_token(start);
    return {start, text_.substr(start, at_ - start)};
  }

  // The next token that is an event.
  Token next_event() noexcept {
    Token token = next();
    while (token.text == "," || token.text == ":") token = next();
    return token;
  }

 private:
  [[nodiscard]] std::size_t end_of_token(std::size_t start) const noexcept {
    constexpr std::string_view kPunctuation = "{}[],:";
    if (kPunctuation.find(text_[start]) != std::string_view::npos) return start + 1;
    if (text_[start] != '"') {
      return std::min(text_.find_first_of("{}[],:\" \t\r\n", start), text_.size());
    }
    std::size_t at = start + 1;
    while (at < text_.size() && text_[at] != '"') at += text_[at] == '\\' ? 2U : 1U;
    return std::min(at + 1, text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// The names of the functions are nlohmann's.
class SaxHandler {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  SaxHandler(std::string_view text, DocumentBuilder& builder)
      : builder_(builder), cursor_(text), positions_(text), text_size_(text.size()) {}

  bool null() { return builder_.scalar(Node::Kind::kNull, {}, next_spot()); }
  bool boolean(bool value) {
    return builder_.scalar(Node::Kind::kBoolean, value ? "true" : "false", next_spot());
  }
  bool number_integer(number_integer_t) { return number(); }
  bool number_unsigned(number_unsigned_t) { return number(); }
  bool number_float(number_float_t, const string_t&) { return number(); }
  bool string(const string_t& value) {
    return builder_.scalar(Node::Kind::kString, value, next_spot());
  }
  bool binary(const binary_t&) { return false; }  // text never has one
  bool start_object(std::size_t) { return builder_.begin_object(next_spot()); }
  bool key(const string_t& name) { return builder_.key(name, next_spot()); }
  bool end_object() { return end(); }
  bool start_array(std::size_t) { return builder_.begin_array(next_spot()); }
  bool end_array() { return end(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e);

 private:
  Spot next_spot() noexcept { return positions_.at(cursor_.next_event().offset); }

  bool number() {
    const TokenCursor::Token token = cursor_.next_event();
    return builder_.number(canonical_number(token.text), positions_.at(token.offset));
  }

  bool end() {
    cursor_.next_event();
    return builder_.end();
  }

  DocumentBuilder& builder_;
  TokenCursor cursor_;
  Positions positions_;
  std::size_t text_size_;
};

// `position` is the number of bytes read. An unexpected or unfinished token is reported where it
// starts, anything wrong inside one at the byte that is wrong.
bool SaxHandler::parse_error(std::size_t position, const std::string&,
                             const nlohmann::detail::exception& e) {
  constexpr int kNumberOverflow = 406;
  if (e.id == kNumberOverflow) return number();
  std::string_view message = e.what();
  const std::size_t place = message.find(": ");  // behind "[...] parse error at line 1, column 2"
  if (place != std::string_view::npos) message.remove_prefix(place + 2);
  std::size_t offset = position == 0 ? 0 : position - 1;
  const auto says = [message](std::string_view part) { return message.find(part) != message.npos; };
  if (says(" - unexpected ") || says("missing closing quote")) {
    position = std::min(position, text_size_);
    TokenCursor::Token token = cursor_.next();
    while (!token.text.empty() && token.offset + token.text.size() < position) {
      token = cursor_.next();
    }
    offset = token.offset;
  }
  return builder_.fail(ErrorCode::kSyntax, std::string(message), positions_.at(offset));
}

}  // namespace

void parse_json(std::string_view text, DocumentBuilder& builder) {
  SaxHandler handler(text, builder);
  nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &handler);
}

}  // namespace lull::codec
