#include <limits>
#include <unordered_map>

#include "api/body.h"
#include "api/data_reply.h"
#include "api/routes.h"
#include "lull/codec/node.h"

namespace lull::api {
namespace {

/// Judges items one after the other. Items of one key add up: each is ok if what is available
/// covers it and those of its key before it, as for two lines of one shopping cart.
class Judge {
 public:
  explicit Judge(const snapshot::Table& table) noexcept : table_(table) {}

  /// Appends an item's verdict.
  void append(std::string& out, const CheckItem& item) {
    const bool valid = entry_key_fault(snapshot::CollectionKind::kTable, item.key).empty();
    const auto record = valid ? table_.find(item.key) : std::nullopt;
    const std::int64_t available = record ? record->quantity.value_or(0) : 0;
    const bool ok = record && claim(item) <= available;
    all_ok_ = all_ok_ && ok;

    out += R"({"key":)";
    codec::append_json_string(out, item.key);
    out += R"(,"requested":)" + std::to_string(item.quantity);
    out += R"(,"available":)" + std::to_string(available);
    out += ok ? R"(,"ok":true)" : R"(,"ok":false)";
    std::string_view error;
    if (!record) error = valid ? code::kNotFound : code::kInvalidKey;
    if (record && !record->quantity) error = code::kNoQuantity;
    if (!error.empty()) {
      out += R"(,"error":")";
      out += error;
      out += '"';
    }
    out += '}';
  }

  [[nodiscard]] bool all_ok() const noexcept { return all_ok_; }

 private:
  /// What was asked for of the item's key so far, this item included.
  std::int64_t claim(const CheckItem& item) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::int64_t& sum = claimed_[item.key];
    sum = item.quantity > kMax - sum ? kMax : sum + item.quantity;
    return sum;
  }

  const snapshot::Table& table_;
  std::unordered_map<std::string_view, std::int64_t> claimed_;
  bool all_ok_ = true;
};

}  // namespace

void answer_check(const Context& context, const publish::CollectionSpec& spec,
                  const http::Request& request, http::Reply& reply) {
  if (!spec.records.quantity) {
    return send_problem(reply, {404,
                                code::kNoQuantity,
                                "collection '" + spec.name +
                                    "' has no :check: it is not a table with a declared quantity",
                                {}});
  }
  if (const auto none = require_no_query(request); !none) return send_problem(reply, none.error());
  if (const auto json = require_json(request); !json) return send_problem(reply, json.error());
  const auto items = parse_check(request.body, context.limits.check_items_max);
  if (!items) return send_problem(reply, items.error());

  // Pinned: a thousand items take longer than a read section may.
  const auto pin = context.view.pin(
      [](const publish::View& view) -> const snapshot::Snapshot& { return view.current(); });
  const auto stale_seconds = context.stale_seconds(*pin, spec.name);
  const std::string revision(pin->revision_text());
  const auto* const collection = pin->find(spec.name);
  const auto* const table = collection == nullptr ? nullptr : collection->table();
  if (table == nullptr) return send_problem(reply, not_loaded(spec.name), revision);
  std::string verdicts;
  Judge judge(*table);
  for (const CheckItem& item : *items) {
    if (!verdicts.empty()) verdicts += ',';
    judge.append(verdicts, item);
  }
  std::string body = R"({"revision":")" + revision + R"(","available":)";
  body += judge.all_ok() ? "true" : "false";
  body += R"(,"items":[)" + verdicts + "]}";
  send_owned(request, reply, {revision, kJson, stale_seconds}, std::move(body));
}

}  // namespace lull::api
