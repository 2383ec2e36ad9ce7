// YAML by libfyaml's event interface, which nests nothing on the stack and names every place.
#include <libfyaml.h>

#include <map>
#include <memory>

#include "lull/codec/parsers.h"
#include "lull/codec/yaml_guard.h"
#include "lull/codec/yaml_scalar.h"

namespace lull::codec {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

struct Deleter {
  void operator()(fy_diag* diag) const noexcept { fy_diag_destroy(diag); }
  void operator()(fy_parser* parser) const noexcept { fy_parser_destroy(parser); }
};

std::string_view token_text(fy_token* token) noexcept {
  if (token == nullptr) return {};
  std::size_t size = 0;
  const char* const text = fy_token_get_text(token, &size);
  return text == nullptr ? std::string_view{} : std::string_view{text, size};
}

// A bracket that is not closed is noticed late, often at the end of the text.
std::string opened_at(std::string_view message, Spot open) {
  const bool unclosed = message.ends_with("without a closing bracket") ||
                        message.starts_with("missing comma in flow");
  return unclosed && open.line != 0 ? ", opened at line " + std::to_string(open.line)
                                    : std::string{};
}

// One run over one text. It must outlive nothing: the builder copies what it takes.
class YamlReader {
 public:
  YamlReader(std::string_view text, DocumentBuilder& builder, const DocumentLimits& limits);
  void run();

 private:
  void event(fy_event* event);
  void document_start(fy_event* event);
  void scalar(fy_event* event);
  std::string_view scalar_text(fy_token* token);
  void key(fy_event* event, std::string_view text);
  void value(fy_event* event, std::string_view text);
  void alias(fy_event* event);
  void collection(fy_event* event, bool mapping);
  void remember_anchor(fy_event* event);
  bool check_collection_tag(fy_event* event, std::string_view expected);
  void report_parser_error();
  Spot spot(fy_event* event);

  std::string_view text_;
  DocumentBuilder& builder_;
  std::size_t anchors_max_;
  Positions positions_;
  Spot last_;             // of the last event that has a place
  std::string unquoted_;  // the last text that libfyaml was not asked for
  std::size_t documents_ = 0;
  std::map<std::string, NodePath, std::less<>> anchors_;
  std::unique_ptr<fy_diag, Deleter> diag_;
  std::unique_ptr<fy_parser, Deleter> parser_;
};

YamlReader::YamlReader(std::string_view text, DocumentBuilder& builder,
                       const DocumentLimits& limits)
    : text_(text), builder_(builder), anchors_max_(limits.alias_nodes_max), positions_(text) {
  fy_diag_cfg diag_config{};
  fy_diag_cfg_default(&diag_config);
  diag_config.fp = nullptr;
  diag_config.level = FYET_ERROR;
  diag_config.colorize = false;
  diag_.reset(fy_diag_create(&diag_config));
  fy_diag_set_collect_errors(diag_.get(), true);
  fy_parse_cfg config{};
  config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG |
                                                 FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE);
  config.diag = diag_.get();
  parser_.reset(fy_parser_create(&config));
}

void YamlReader::run() {
  if (!diag_ || !parser_ || fy_parser_set_string(parser_.get(), text_.data(), text_.size()) != 0) {
    builder_.fail(ErrorCode::kInternal, "libfyaml could not be started, is memory short?", {});
    return;
  }
  while (!builder_.failed()) {
    fy_event* const next = fy_parser_parse(parser_.get());
    if (next == nullptr) break;
    const bool end = next->type == FYET_STREAM_END;
    event(next);
    fy_parser_event_free(parser_.get(), next);
    if (end) return;
  }
  if (!builder_.failed()) report_parser_error();
}

void YamlReader::event(fy_event* event) {
  switch (event->type) {
    case FYET_DOCUMENT_START:
      document_start(event);
      return;
    case FYET_SCALAR:
      scalar(event);
      return;
    case FYET_ALIAS:
      alias(event);
      return;
    case FYET_MAPPING_START:
      collection(event, true);
      return;
    case FYET_SEQUENCE_START:
      collection(event, false);
      return;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
      builder_.end();
      return;
    default:
      return;
  }
}

void YamlReader::document_start(fy_event* event) {
  const Spot at = spot(event);
  if (++documents_ > 1) {
    builder_.fail(ErrorCode::kInvalid, "the file holds more than one document", at,
                  "keep one document in a file, and no '---' after it");
    return;
  }
  const fy_version* const version = fy_document_state_version(event->document_start.document_state);
  if (version != nullptr && (version->major != 1 || version->minor != 2)) {
    builder_.fail(ErrorCode::kInvalid,
                  "the document declares YAML " + std::to_string(version->major) + "." +
                      std::to_string(version->minor) + ", expected 1.2",
                  at, "delete the %YAML line and check words such as yes, no and 0123");
  }
}

// libfyaml before 0.9.5 reads 'a''''b' as a''' (its iterator doubles the quotes in a row, and the
// length that it has counted cuts them off) and loses memory on it. So it is not asked for these.
std::string_view YamlReader::scalar_text(fy_token* token) {
  const fy_mark* const mark = token == nullptr ? nullptr : fy_token_start_mark(token);
  if (mark == nullptr || fy_token_scalar_style(token) != FYSS_SINGLE_QUOTED) {
    return token_text(token);
  }
  const std::string_view source = single_quoted_source(text_.substr(mark->input_pos));
  if (source.find("''''") == std::string_view::npos) return token_text(token);
  unquoted_ = single_quoted_text(source);
  return unquoted_;
}

void YamlReader::scalar(fy_event* event) {
  const std::string_view text = scalar_text(event->scalar.value);
  if (builder_.expects_key()) {
    key(event, text);
  } else {
    value(event, text);
  }
}

void YamlReader::key(fy_event* event, std::string_view text) {
  const Spot at = spot(event);
  const std::string_view tag = token_text(event->scalar.tag);
  const bool plain = fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
  if (event->scalar.anchor != nullptr) {
    builder_.fail(ErrorCode::kInvalid, "an anchor on a key is not supported", at,
                  "put the anchor on the value");
  } else if (!tag.empty() && tag != "!" && tag != "tag:yaml.org,2002:str") {
    builder_.fail(ErrorCode::kInvalid, "a key is tagged " + quoted(tag) + ", expected a string", at,
                  "delete the tag");
  } else if (plain && text == "<<") {
    builder_.fail(ErrorCode::kInvalid, "merge keys ('<<') are not part of YAML 1.2", at,
                  "write the keys out, or use a layer; put << in quotes if it is meant as text");
  } else if (plain && text.empty()) {
    builder_.fail(ErrorCode::kInvalid, "a key is missing before ':'", at,
                  "write the key, or \"\" if it is meant to be empty");
  } else {
    builder_.key(text, at);
  }
}

void YamlReader::value(fy_event* event, std::string_view text) {
  const Spot at = spot(event);
  remember_anchor(event);
  std::string_view tag = token_text(event->scalar.tag);
  const bool plain = fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
  if (tag == "!" || tag == "tag:yaml.org,2002:str" || (tag.empty() && !plain)) {
    builder_.scalar(Node::Kind::kString, text, at);
    return;
  }
  const auto resolved = resolve_core_scalar(text);
  if (!resolved) {
    builder_.fail(ErrorCode::kInvalid, resolved.error().message, at, resolved.error().hint);
    return;
  }
  if (!tag.empty()) {
    const bool core = tag.starts_with(kCoreTag);
    if (core) tag.remove_prefix(kCoreTag.size());
    const bool number = resolved->kind == Node::Kind::kNumber;
    const bool fits = core && ((tag == "null" && resolved->kind == Node::Kind::kNull) ||
                               (tag == "bool" && resolved->kind == Node::Kind::kBoolean) ||
                               (tag == "int" && number && is_integer_text(resolved->text)) ||
                               (tag == "float" && number));
    if (!fits) {
      builder_.fail(ErrorCode::kInvalid,
                    "tag " + quoted(tag) + " is unknown, or does not fit the value " + quoted(text),
                    at, "allowed are !!str, !!int, !!float, !!bool, !!null, !!map and !!seq");
      return;
    }
  }
  builder_.scalar(resolved->kind, resolved->text, at);
}

void YamlReader::alias(fy_event* event) {
  const Spot at = spot(event);
  const std::string_view name = token_text(event->alias.anchor);
  if (builder_.expects_key()) {
    builder_.fail(ErrorCode::kInvalid, "a key is an alias, expected a string", at,
                  "write the key out");
    return;
  }
  const auto anchor = anchors_.find(name);
  if (anchor == anchors_.end()) {
    builder_.fail(ErrorCode::kInvalid, "alias " + quoted(name) + " has no anchor before it", at,
                  "define it with &, or put the text in quotes");
    return;
  }
  const Node* const node = builder_.complete_node(anchor->second);
  if (node == nullptr) {
    builder_.fail(ErrorCode::kInvalid,
                  "alias " + quoted(name) + " is inside the value that it stands for", at,
                  "a value cannot contain itself");
    return;
  }
  builder_.copy(*node, at);
}

void YamlReader::collection(fy_event* event, bool mapping) {
  const Spot at = spot(event);
  if (builder_.expects_key()) {
    builder_.fail(ErrorCode::kInvalid,
                  mapping ? "a key is a mapping, expected a string"
                          : "a key is a sequence, expected a string",
                  at, "a value in { } or [ ] that is meant as text needs quotes");
    return;
  }
  if (!check_collection_tag(event, mapping ? "tag:yaml.org,2002:map" : "tag:yaml.org,2002:seq")) {
    return;
  }
  remember_anchor(event);
  if (mapping) {
    builder_.begin_object(at);
  } else {
    builder_.begin_array(at);
  }
}

void YamlReader::remember_anchor(fy_event* event) {
  const std::string_view name = token_text(fy_event_get_anchor_token(event));
  if (name.empty()) return;
  if (anchors_.size() >= anchors_max_ && !anchors_.contains(name)) {
    builder_.fail(
        ErrorCode::kLimit,
        "the document has more than " + std::to_string(anchors_max_) + " anchors (alias_nodes_max)",
        last_);
    return;
  }
  anchors_.insert_or_assign(std::string(name), builder_.next_path());
}

bool YamlReader::check_collection_tag(fy_event* event, std::string_view expected) {
  const std::string_view tag = token_text(fy_event_get_tag_token(event));
  if (tag.empty() || tag == "!" || tag == expected) return true;
  return builder_.fail(ErrorCode::kInvalid,
                       "tag " + quoted(tag) + " is unknown, or does not fit the value", last_,
                       "allowed are !!str, !!int, !!float, !!bool, !!null, !!map and !!seq");
}

void YamlReader::report_parser_error() {
  void* iterator = nullptr;
  const fy_diag_error* const error = fy_diag_errors_iterate(diag_.get(), &iterator);
  if (error == nullptr) {
    builder_.fail(ErrorCode::kSyntax, "libfyaml gave up without a reason", last_);
    return;
  }
  const std::string message = error->msg == nullptr ? "unknown error" : error->msg;
  const fy_mark* const mark = error->fyt == nullptr ? nullptr : fy_token_start_mark(error->fyt);
  Spot at{static_cast<std::uint32_t>(error->line), static_cast<std::uint32_t>(error->column)};
  if (mark != nullptr) {
    std::size_t offset = mark->input_pos;
    const bool behind_quote = offset > 0 && (text_[offset - 1] == '"' || text_[offset - 1] == '\'');
    const bool about_quoted = message.find("quoted") != std::string::npos;
    if (behind_quote && about_quoted) --offset;
    at = positions_.at(offset);
  }
  const bool tab = message.find("tab character") != std::string::npos;
  builder_.fail(ErrorCode::kSyntax, message + opened_at(message, builder_.open_spot()), at,
                tab ? "indent with spaces" : std::string{});
}

// Where an event's text starts. An omitted value has no place of its own: it takes that of the
// event before it. libfyaml's marks are behind an opening quote and an alias's star, and at the
// first line of a block scalar's text.
Spot YamlReader::spot(fy_event* event) {
  const fy_mark* const mark = fy_event_start_mark(event);
  if (mark == nullptr) return last_;
  std::size_t offset = mark->input_pos;
  const bool behind = event->type == FYET_ALIAS ||
                      (event->type == FYET_SCALAR &&
                       (fy_token_scalar_style(event->scalar.value) == FYSS_SINGLE_QUOTED ||
                        fy_token_scalar_style(event->scalar.value) == FYSS_DOUBLE_QUOTED));
  if (behind && offset > 0) --offset;
  last_ = positions_.at(offset);
  return last_;
}

}  // namespace

void parse_yaml(std::string_view text, DocumentBuilder& builder, const DocumentLimits& limits) {
  if (auto fault = find_yaml_fault(text)) {
    builder.fail(fault->code, std::move(fault->message), Positions(text).at(fault->offset),
                 std::move(fault->hint));
    return;
  }
  if (const auto many = find_many_open_brackets(text)) {
    DocumentBuilder probe(builder.file(), limits);
    YamlReader(text.substr(0, *many), probe, limits).run();
    if (probe.error() && probe.error()->code == ErrorCode::kLimit) {
      builder.fail(*probe.error());
      return;
    }
  }
  YamlReader(text, builder, limits).run();
}

}  // namespace lull::codec
