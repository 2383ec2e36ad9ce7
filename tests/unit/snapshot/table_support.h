// Shorthand for tests of tables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lull/snapshot/table.h"

namespace lull::snapshot {

/// A record with one index value (`nothing`: without the field).
inline RecordChange put(std::string key, std::string json,
                        std::vector<std::optional<std::string>> index_values = {},
                        std::optional<std::int64_t> quantity = {}) {
  RecordInput record{key, std::move(json), std::move(index_values), quantity};
  return {std::move(key), std::move(record)};
}

inline RecordChange removal(std::string key) {
  return {std::move(key), std::nullopt};
}

inline std::shared_ptr<const Table> changed(const std::shared_ptr<const Table>& base,
                                            const std::vector<RecordChange>& changes) {
  return TableBuilder::apply(base, changes).value();
}

/// The keys of a page, in the order visited.
inline std::vector<std::string> keys(const Table& table, const PageRequest& request,
                                     PageEnd* end = nullptr) {
  std::vector<std::string> out;
  auto result = table.page(request, [&out](const RecordView& r) { out.emplace_back(r.key); });
  if (end != nullptr) *end = result.value();
  return out;
}

}  // namespace lull::snapshot
