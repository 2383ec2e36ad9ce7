#include "settings/reader.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "settings/nearest.h"

namespace lull::settings {
namespace {

std::string_view yaml_kind_name(codec::Node::Kind kind) {
  using Kind = codec::Node::Kind;
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "a list";
    case Kind::kObject:
      return "a mapping";
  }
  return "?";
}

std::string joined(auto&& words) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

// A scalar from an override (then `node` is null) or from the file.
struct Reader::Scalar {
  std::string text;
  std::string origin;
  const codec::Node* node = nullptr;
};

void ReadContext::error(std::string message, const codec::Node& at, std::string pointer,
                        std::string hint) {
  errors.push_back(Error{ErrorCode::kInvalid,
                         std::move(message),
                         {file, at.origin.line, at.origin.column, std::move(pointer)},
                         std::move(hint)});
}

Reader::Reader(ReadContext& context, const codec::Node* node, std::string path)
    : context_(context), node_(node), path_(std::move(path)) {
  if (node_ != nullptr && node_->kind != codec::Node::Kind::kObject) {
    context_.error("expected a mapping, found " + std::string(yaml_kind_name(node_->kind)), *node_,
                   pointer(""));
    node_ = nullptr;
  }
}

std::string Reader::pointer(std::string_view key) const {
  std::string out;
  for (const char c : path_) out += c == '.' ? '/' : c;
  if (!out.empty()) out.insert(0, "/");
  if (!key.empty()) out.append("/").append(key);
  return out;
}

std::string Reader::dotted(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const codec::Node* Reader::child(std::string_view key) {
  allowed_.emplace_back(key);
  return node_ == nullptr ? nullptr : node_->member(key);
}

Reader Reader::object(std::string_view key) {
  const codec::Node* const node = child(key);
  return {context_, node, dotted(key)};
}

void Reader::error_at(std::string_view key, std::string message, std::string hint) {
  if (const auto value = context_.overrides.find(dotted(key))) {
    context_.errors.push_back(
        Error{ErrorCode::kInvalid, std::move(message), {value->origin, 0, 0, {}}, std::move(hint)});
    return;
  }
  static const codec::Node nowhere;
  const codec::Node* at = node_ == nullptr ? nullptr : node_->member(key);
  if (at == nullptr) at = node_ == nullptr ? &nowhere : node_;
  context_.error(std::move(message), *at, pointer(key), std::move(hint));
}

bool Reader::scalar(std::string_view key, Scalar& out) {
  out.node = child(key);
  if (auto value = context_.overrides.find(dotted(key))) {
    out = {std::move(value->text), std::move(value->origin), nullptr};
    return true;
  }
  if (out.node == nullptr) return false;
  out.text = out.node->scalar;
  return true;
}

void Reader::scalar_error(std::string_view key, const Scalar& scalar, const std::string& expected) {
  if (scalar.node == nullptr) {
    context_.errors.push_back(Error{ErrorCode::kInvalid,
                                    "expected " + expected + ", found '" + scalar.text + "'",
                                    {scalar.origin, 0, 0, {}},
                                    {}});
    return;
  }
  const bool has_text = !scalar.text.empty();
  context_.error("expected " + expected + ", found " +
                     std::string(yaml_kind_name(scalar.node->kind)) +
                     (has_text ? " '" + scalar.text + "'" : ""),
                 *scalar.node, pointer(key));
}

bool Reader::read_string(std::string_view key, Scalar& out) {
  if (!scalar(key, out)) return false;
  const bool fits = out.node == nullptr || out.node->kind == codec::Node::Kind::kString;
  if (fits && !out.text.empty()) return true;
  scalar_error(key, out, "a string that is not empty");
  return false;
}

void Reader::string(std::string_view key, std::string& out) {
  Scalar value;
  if (read_string(key, value)) out = std::move(value.text);
}

void Reader::path(std::string_view key, std::string& out) {
  Scalar value;
  if (!read_string(key, value)) return;
  const bool from_file = value.node != nullptr;
  out = from_file ? (std::filesystem::path(context_.file).parent_path() / value.text)
                        .lexically_normal()
                        .string()
                  : std::move(value.text);
}

void Reader::choice(std::string_view key, std::span<const std::string_view> allowed,
                    std::string& out) {
  Scalar value;
  if (!scalar(key, value)) return;
  if (std::ranges::find(allowed, value.text) == allowed.end()) {
    return scalar_error(key, value, "one of " + joined(allowed));
  }
  out = std::move(value.text);
}

void Reader::boolean(std::string_view key, bool& out) {
  Scalar value;
  if (!scalar(key, value)) return;
  const bool fits = value.node == nullptr || value.node->kind == codec::Node::Kind::kBoolean;
  if (!fits || (value.text != "true" && value.text != "false")) {
    return scalar_error(key, value, "true or false");
  }
  out = value.text == "true";
}

bool Reader::read_integer(std::string_view key, std::uint64_t least, std::uint64_t most,
                          std::uint64_t& out) {
  Scalar value;
  if (!scalar(key, value)) return false;
  const bool fits = value.node == nullptr || value.node->kind == codec::Node::Kind::kNumber;
  const char* const end = value.text.data() + value.text.size();
  const auto parsed = std::from_chars(value.text.data(), end, out);
  if (!fits || value.text.empty() || parsed.ec != std::errc{} || parsed.ptr != end || out < least ||
      out > most) {
    scalar_error(key, value,
                 "an integer from " + std::to_string(least) + " to " + std::to_string(most));
    return false;
  }
  return true;
}

void Reader::strings(std::string_view key, std::vector<std::string>& out) {
  const codec::Node* const node = child(key);
  if (node == nullptr) return;
  const auto is_string = [](const auto& element) {
    return element.value.kind == codec::Node::Kind::kString && !element.value.scalar.empty();
  };
  if (node->kind != codec::Node::Kind::kArray || !std::ranges::all_of(node->children, is_string)) {
    return error_at(key, "expected a list of strings", "for example [a, b]");
  }
  out.clear();
  for (const auto& [name, element] : node->children) {
    if (std::ranges::find(out, element.scalar) != out.end()) {
      context_.error("'" + element.scalar + "' stands here twice", element, pointer(key));
    }
    out.push_back(element.scalar);
  }
}

void Reader::string_or_strings(std::string_view key, std::vector<std::string>& out) {
  const codec::Node* const node = node_ == nullptr ? nullptr : node_->member(key);
  const bool overridden = context_.overrides.find(dotted(key)).has_value();
  if (!overridden && node != nullptr && node->kind == codec::Node::Kind::kArray) {
    return strings(key, out);
  }
  std::string text;
  string(key, text);
  if (text.empty()) return;
  out.clear();
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = overridden ? std::min(rest.find(','), rest.size()) : rest.size();
    out.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

void Reader::finish() {
  if (node_ == nullptr) return;
  for (const auto& [key, value] : node_->children) {
    if (std::ranges::find(allowed_, key) != allowed_.end()) continue;
    const std::string_view near = nearest(key, allowed_);
    context_.error("unknown key '" + key + "'", value, pointer(key),
                   near.empty() ? "allowed here: " + joined(allowed_)
                                : "did you mean '" + std::string(near) + "'?");
  }
}

}  // namespace lull::settings
