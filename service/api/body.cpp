#include "api/body.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace lull::api {
namespace {

using Json = nlohmann::json;

/// Reads `{"<member>":[element,...]}` event by event and refuses the first one that does not fit,
/// so that no depth and no size builds up. What an element is, the derived class says.
class ListReader : public nlohmann::json_sax<Json> {
 public:
  ListReader(std::string_view member, std::size_t count_max)
      : member_(member), count_max_(count_max) {}

  [[nodiscard]] bool done() const noexcept { return state_ == State::kDone; }
  /// Why reading stopped; an empty code if the text is not JSON at all.
  [[nodiscard]] const Problem& problem() const noexcept { return problem_; }

  bool start_object(std::size_t) final {
    if (state_ == State::kStart) return advance(State::kRoot);
    return state_ == State::kList ? begin_element() && element_start() : unexpected("an object");
  }
  bool key(std::string& name) final {
    if (state_ == State::kList) return element_key(name);
    if (name != member_) {
      return fail("unknown member " + echoed(name) + "; the one member is '" +
                  std::string(member_) + "'");
    }
    if (state_ == State::kAfterList) return fail("member " + echoed(name) + " is given twice");
    return advance(State::kMember);
  }
  bool end_object() final {
    if (state_ == State::kList) return element_end();
    if (state_ == State::kRoot) return fail("member '" + std::string(member_) + "' is missing");
    return advance(State::kDone);
  }
  bool start_array(std::size_t) final {
    return state_ == State::kMember ? advance(State::kList) : unexpected("an array");
  }
  bool end_array() final { return advance(State::kAfterList); }
  bool string(std::string& text) final {
    return state_ == State::kList ? element_string(text) : unexpected("a string");
  }
  bool number_unsigned(std::uint64_t number) final {
    return state_ == State::kList ? element_number(number) : unexpected("a number");
  }
  bool number_integer(std::int64_t) final { return unexpected("a negative number"); }
  bool number_float(double, const std::string&) final {
    return unexpected("a number that is not a whole one within 64 bits");
  }
  bool null() final { return unexpected("null"); }
  bool boolean(bool) final { return unexpected("a boolean"); }
  bool binary(Json::binary_t&) final { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) final {
    problem_ = {400,
                code::kInvalidBody,
                "the body is not JSON: syntax error at byte " + std::to_string(position),
                {}};
    return false;
  }

 protected:
  virtual bool element_start() { return unexpected("an object"); }
  virtual bool element_key(const std::string& name) = 0;
  virtual bool element_end() = 0;
  virtual bool element_string(std::string& text) = 0;
  virtual bool element_number(std::uint64_t) { return unexpected("a number"); }
  /// The shape that is expected, for messages.
  [[nodiscard]] virtual std::string_view shape() const noexcept = 0;

  /// Counts one more element.
  bool begin_element() {
    if (++count_ <= count_max_) return true;
    problem_ = {400,
                code::kLimit,
                "the body has more than " + std::to_string(count_max_) + " " + std::string(member_),
                {}};
    return false;
  }
  bool fail(std::string_view why) {
    problem_ = {400,
                code::kInvalidBody,
                "the body is not of the form " + std::string(shape()) + ": " + std::string(why),
                {}};
    if (count_ > 0) problem_.detail += " (in element " + std::to_string(count_) + ")";
    return false;
  }
  bool unexpected(std::string_view what) { return fail("unexpected " + std::string(what)); }

 private:
  enum class State : std::uint8_t { kStart, kRoot, kMember, kList, kAfterList, kDone };

  bool advance(State next) {
    state_ = next;
    return true;
  }

  const std::string_view member_;
  const std::size_t count_max_;
  State state_ = State::kStart;
  std::size_t count_ = 0;
  Problem problem_;
};

class KeysReader final : public ListReader {
 public:
  explicit KeysReader(std::size_t count_max) : ListReader("keys", count_max) {}

  std::vector<std::string> keys;

 private:
  bool element_string(std::string& text) override {
    if (!begin_element()) return false;
    keys.push_back(std::move(text));
    return true;
  }
  bool element_key(const std::string&) override { return unexpected("an object"); }
  bool element_end() override { return unexpected("an object"); }
  std::string_view shape() const noexcept override { return R"({"keys":["collection/key"]})"; }
};

class ItemsReader final : public ListReader {
 public:
  explicit ItemsReader(std::size_t count_max) : ListReader("items", count_max) {}

  std::vector<CheckItem> items;

 private:
  enum class Member : std::uint8_t { kNone, kKey, kQuantity };

  bool element_start() override {
    if (inside_) return unexpected("an object");
    inside_ = true;
    has_key_ = false;
    member_ = Member::kNone;
    items.emplace_back();
    return true;
  }
  bool element_key(const std::string& name) override {
    if (name == "key" && !has_key_) {
      member_ = Member::kKey;
    } else if (name == "quantity" && items.back().quantity == 0) {
      member_ = Member::kQuantity;
    } else {
      const bool known = name == "key" || name == "quantity";
      return fail((known ? "twice member " : "unknown member ") + echoed(name));
    }
    return true;
  }
  bool element_string(std::string& text) override {
    if (!inside_ || member_ != Member::kKey) return unexpected("a string");
    items.back().key = std::move(text);
    has_key_ = true;
    return true;
  }
  bool element_number(std::uint64_t number) override {
    if (!inside_ || member_ != Member::kQuantity) return unexpected("a number");
    if (number == 0 || number > std::numeric_limits<std::int64_t>::max()) {
      return fail("'quantity' is not a whole number from 1 to 9223372036854775807");
    }
    items.back().quantity = static_cast<std::int64_t>(number);
    return true;
  }
  bool element_end() override {
    inside_ = false;
    if (!has_key_) return fail("member 'key' is missing");
    return items.back().quantity != 0 || fail("member 'quantity' is missing");
  }
  std::string_view shape() const noexcept override {
    return R"({"items":[{"key":"SKU-1","quantity":2}]})";
  }

  bool inside_ = false;
  bool has_key_ = false;
  Member member_ = Member::kNone;
};

/// Runs the parser; a NUL would end its input unseen, so it is refused before.
Parsed<void> read(std::string_view body, ListReader& reader) {
  if (const std::size_t nul = body.find('\0'); nul != std::string_view::npos) {
    return refuse(400, code::kInvalidBody,
                  "the body has a NUL character at byte " + std::to_string(nul + 1));
  }
  if (Json::sax_parse(body.begin(), body.end(), &reader) && reader.done()) return {};
  return tl::make_unexpected(reader.problem());
}

bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return std::ranges::equal(left, right, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

Parsed<void> require_json(const http::Request& request) {
  std::string_view type = request.content_type.substr(0, request.content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  if (type.empty() || equal_ignoring_case(type, "application/json")) return {};
  return refuse(415, code::kUnsupportedMediaType,
                "the body must be application/json, not " + echoed(type));
}

Parsed<std::vector<std::string>> parse_batch(std::string_view body, std::size_t count_max) {
  KeysReader reader(count_max);
  if (const auto read_all = read(body, reader); !read_all) {
    return tl::make_unexpected(read_all.error());
  }
  return std::move(reader.keys);
}

Parsed<std::vector<CheckItem>> parse_check(std::string_view body, std::size_t count_max) {
  ItemsReader reader(count_max);
  if (const auto read_all = read(body, reader); !read_all) {
    return tl::make_unexpected(read_all.error());
  }
  return std::move(reader.items);
}

}  // namespace lull::api
