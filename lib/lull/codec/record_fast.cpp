#include "lull/codec/record_fast.h"

#include <simdjson.h>

#include "lull/codec/number.h"
#include "lull/codec/record_members.h"

namespace lull::codec {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kTextBytesMax = 64U << 10U;  // bounds what each thread's parser holds

struct Workspace {
  ondemand::parser parser;
  std::string text;  // the record, with the padding that simdjson reads beyond it
  std::vector<RecordMember> members;
};

// A scalar that is not a string. simdjson's token may have white space behind it.
bool take_word(std::string_view token, RecordMember& member) {
  const std::size_t last = token.find_last_not_of(" \t\r\n");
  member.text = token.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (member.text == "true" || member.text == "false") {
    member.kind = Node::Kind::kBoolean;
    return true;
  }
  if (member.text == "null") return true;
  member.kind = Node::Kind::kNumber;
  const auto number = canonical_number(member.text);
  return number && *number == member.text;
}

bool take_member(simdjson::simdjson_result<ondemand::field> field, RecordMember& member) {
  if (field.error() != simdjson::SUCCESS) return false;
  if (field.unescaped_key().get(member.name) != simdjson::SUCCESS) return false;
  ondemand::value value;
  ondemand::json_type type{};
  if (field.value().get(value) != simdjson::SUCCESS) return false;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::array || type == ondemand::json_type::object) return false;
  if (type != ondemand::json_type::string) return take_word(value.raw_json_token(), member);
  member.kind = Node::Kind::kString;
  return value.get_string().get(member.text) == simdjson::SUCCESS;
}

bool take_members(Workspace& workspace, std::size_t size) {
  ondemand::document document;
  ondemand::object object;
  workspace.members.clear();
  if (workspace.parser.iterate(workspace.text.data(), size, workspace.text.size()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  for (auto field : object) {
    if (!take_member(field, workspace.members.emplace_back())) return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing follows
}

}  // namespace

bool parse_flat_record(const RawRecord& raw, std::string_view file_name, const RecordSchema& schema,
                       Record& out) {
  if (raw.text.size() > kTextBytesMax || raw.text.find('\\') != std::string_view::npos)
    return false;
  thread_local Workspace workspace;
  workspace.text.assign(raw.text);
  workspace.text.append(simdjson::SIMDJSON_PADDING, ' ');
  return take_members(workspace, raw.text.size()) &&
         make_record(workspace.members, {file_name, raw.line}, schema, out).has_value();
}

}  // namespace lull::codec
