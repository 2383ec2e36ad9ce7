#include "lull/codec/record_members.h"

#include <algorithm>
#include <charconv>

#include "lull/base/key.h"
#include "lull/base/utf8.h"
#include "lull/codec/number.h"

namespace lull::codec {
namespace {

std::string_view kind_name(const RecordMember& member) noexcept {
  if (member.kind != Node::Kind::kNumber) return codec::kind_name(member.kind);
  return is_integer_text(member.text) ? "an integer" : "a decimal";
}

std::string_view type_name(FieldType type) noexcept {
  switch (type) {
    case FieldType::kString:
      return "a string";
    case FieldType::kInteger:
      return "an integer";
    case FieldType::kNumber:
      return "a number";
    case FieldType::kBoolean:
      return "a boolean";
  }
  return "";
}

bool has_type(const RecordMember& member, FieldType type) noexcept {
  switch (type) {
    case FieldType::kString:
      return member.kind == Node::Kind::kString;
    case FieldType::kInteger:
      return member.kind == Node::Kind::kNumber && is_integer_text(member.text);
    case FieldType::kNumber:
      return member.kind == Node::Kind::kNumber;
    case FieldType::kBoolean:
      return member.kind == Node::Kind::kBoolean;
  }
  return false;
}

// The members of one record, sorted by name, and what is said about them.
class RecordMaker {
 public:
  RecordMaker(const std::vector<RecordMember>& members, RecordPlace place,
              const RecordSchema& schema, Record& record)
      : members_(members), place_(place), schema_(schema), record_(record) {
    record_.key.clear();
    record_.json.clear();
    record_.index_values.resize(schema_.indexes.size());
    record_.quantity.reset();
  }

  Result<void> make() {
    if (!check_unique() || !take_key() || !check_types() || !take_indexes() || !take_quantity()) {
      return tl::make_unexpected(std::move(error_));
    }
    write_json();
    return {};
  }

 private:
  bool fail(ErrorCode code, std::string message, const RecordMember* member,
            std::string hint = {}) {
    Location where{std::string(place_.file_name), place_.line, 0, record_.key};
    if (member != nullptr && member->spot.line != 0) {
      where.line = member->spot.line;
      where.column = member->spot.column;
    }
    error_ = Error{code, std::move(message), std::move(where), std::move(hint)};
    return false;
  }

  [[nodiscard]] const RecordMember* find(std::string_view name) const noexcept {
    const auto at = std::ranges::lower_bound(members_, name, {}, &RecordMember::name);
    return at == members_.end() || at->name != name ? nullptr : &*at;
  }

  bool check_unique() {
    const auto same = std::ranges::adjacent_find(members_, {}, &RecordMember::name);
    if (same == members_.end()) return true;
    return fail(ErrorCode::kDuplicate, "field " + quoted(same->name) + " is defined twice",
                &*(same + 1), "delete one of them");
  }

  bool take_key() {
    const RecordMember* const key = find(schema_.key);
    if (key == nullptr) {
      return fail(ErrorCode::kInvalid,
                  "the record has no key, expected the field " + quoted(schema_.key), nullptr);
    }
    if (key->kind != Node::Kind::kString) {
      return fail(ErrorCode::kInvalid,
                  "the key " + quoted(schema_.key) + " is " + std::string(kind_name(*key)) +
                      ", expected a string",
                  key, "put it in quotes");
    }
    const std::string_view fault = key_fault(key->text);
    if (!fault.empty()) {
      return fail(ErrorCode::kInvalid, "the key " + quoted(schema_.key) + " " + std::string(fault),
                  key);
    }
    record_.key = key->text;
    return true;
  }

  bool check_types() {
    for (const RecordSchema::Field& field : schema_.fields) {
      const RecordMember* const member = find(field.name);
      if (member == nullptr || has_type(*member, field.type)) continue;
      return fail(
          ErrorCode::kInvalid,
          "field " + quoted(field.name) + " is " + std::string(kind_name(*member)) + ", expected " +
              std::string(type_name(field.type)),
          member,
          member->kind == Node::Kind::kNull ? "leave the field out if it has no value" : "");
    }
    return true;
  }

  bool take_indexes() {
    for (std::size_t i = 0; i < schema_.indexes.size(); ++i) {
      std::optional<std::string>& value = record_.index_values[i];
      const RecordMember* const member = find(schema_.indexes[i]);
      if (member == nullptr) {
        value.reset();
        continue;
      }
      if (std::ranges::any_of(member->text, is_control)) {
        return fail(ErrorCode::kInvalid,
                    "field " + quoted(schema_.indexes[i]) +
                        " has a control character, which an indexed field must not have",
                    member);
      }
      if (!value) value.emplace();
      value->assign(member->text);
    }
    return true;
  }

  bool take_quantity() {
    if (!schema_.quantity) return true;
    const RecordMember* const member = find(*schema_.quantity);
    if (member == nullptr) return true;
    std::int64_t value = 0;
    const char* const last = member->text.data() + member->text.size();
    const auto [end, error] = std::from_chars(member->text.data(), last, value);
    if (error != std::errc{} || end != last) {
      return fail(ErrorCode::kInvalid,
                  "the quantity " + quoted(*schema_.quantity) + " is " + quoted(member->text) +
                      ", expected an integer from -2^63 to 2^63-1",
                  member);
    }
    record_.quantity = value;
    return true;
  }

  void write_json() {
    std::string& out = record_.json;
    std::size_t size = 2;
    for (const RecordMember& member : members_) size += member.name.size() + member.text.size() + 6;
    out.reserve(size);
    out += '{';
    for (const RecordMember& member : members_) {
      if (out.size() > 1) out += ',';
      append_json_string(out, member.name);
      out += ':';
      if (member.kind == Node::Kind::kNull) {
        out += "null";
      } else if (member.kind == Node::Kind::kString) {
        append_json_string(out, member.text);
      } else {
        out += member.text;
      }
    }
    out += '}';
  }

  const std::vector<RecordMember>& members_;
  RecordPlace place_;
  const RecordSchema& schema_;
  Record& record_;
  Error error_;
};

}  // namespace

Result<void> make_record(std::vector<RecordMember>& members, RecordPlace place,
                         const RecordSchema& schema, Record& out) {
  std::ranges::sort(members, {}, &RecordMember::name);
  return RecordMaker(members, place, schema, out).make();
}

}  // namespace lull::codec
