#include "lull/codec/toml_depth.h"

#include <algorithm>
#include <vector>

namespace lull::codec {
namespace {

// The offset behind a string that starts at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) noexcept {
  const char quote = text[at];
  const std::string_view three = quote == '"' ? R"(""")" : "'''";
  const bool multi_line = text.substr(at).starts_with(three);
  at += multi_line ? 3 : 1;
  while (at < text.size()) {
    if (text[at] == '\\' && quote == '"') {
      at += 2;
    } else if (multi_line ? text.substr(at).starts_with(three) : text[at] == quote) {
      return at + (multi_line ? 3 : 1);
    } else if (!multi_line && text[at] == '\n') {
      return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

// Follows keys, headers and brackets outside of strings and comments.
class Nesting {
 public:
  void take(char c) {
    switch (c) {
      case '\n':
        dots_ = 0;
        in_header_ = false;
        line_start_ = outer_.empty();
        return;
      case ' ':
      case '\t':
      case '\r':
        return;
      case ',':
        dots_ = 0;
        break;
      case '.':
        ++dots_;
        break;
      case '[':
      case '{':
        open(c);
        break;
      case ']':
      case '}':
        close();
        break;
      default:
        break;
    }
    line_start_ = false;
  }

  [[nodiscard]] std::size_t depth() const noexcept { return depth_ + dots_; }

 private:
  void open(char c) {
    if (c == '[' && line_start_) {  // a header starts from the root
      in_header_ = true;
      depth_ = 0;
    } else if (!in_header_) {  // and may be [[...]]
      outer_.push_back(depth_);
      depth_ += dots_ + 1;
    }
    dots_ = 0;
  }

  void close() {
    if (in_header_) {
      depth_ += dots_ + 1;
    } else if (!outer_.empty()) {
      depth_ = outer_.back();
      outer_.pop_back();
    }
    dots_ = 0;
  }

  std::vector<std::size_t> outer_;  // the depth around each open bracket
  std::size_t depth_ = 0;           // of the table or array that we are in; the root is 0
  std::size_t dots_ = 0;            // in the key, or the number, that is being read
  bool in_header_ = false;
  bool line_start_ = true;
};

}  // namespace

std::optional<std::size_t> find_toml_deeper_than(std::string_view text, std::size_t depth_max) {
  constexpr std::size_t kSlack =
      2;  // a number's point and the second bracket of [[ ]] count as depth
  Nesting nesting;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = skip_string(text, at);
      nesting.take(c);
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else {
      nesting.take(c);
      if (nesting.depth() > depth_max + kSlack) return at;
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace lull::codec
