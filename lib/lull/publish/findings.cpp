#include "lull/publish/findings.h"

#include <algorithm>
#include <tuple>

namespace lull::publish {
namespace {

constexpr std::array<std::string_view, 4> kVerbs = {"added", "changed", "rewritten", "removed"};
constexpr std::size_t kSummaryBytesMax = 256;

}  // namespace

void ErrorList::add(Error error) {
  if (errors_.size() < kErrorsMax) {
    errors_.push_back(std::move(error));
  } else {
    ++hidden_;
  }
}

Errors ErrorList::take() {
  std::ranges::stable_sort(errors_, [](const Error& a, const Error& b) {
    return std::tie(a.where.file, a.where.line) < std::tie(b.where.file, b.where.line);
  });
  if (hidden_ != 0) {
    errors_.push_back(
        {ErrorCode::kLimit, "and " + std::to_string(hidden_) + " more errors", {}, {}});
  }
  return std::move(errors_);
}

void ChangeList::add(Kind kind, std::string_view name) {
  Group& group = groups_[kind];
  ++group.count;
  ++total_;
  if (group.names.size() < kNamesMax) group.names.emplace_back(name);
}

std::string ChangeList::summary(std::string_view noun) const {
  const auto write = [&](bool with_names) {
    std::string out;
    for (std::size_t kind = 0; kind < groups_.size(); ++kind) {
      const Group& group = groups_[kind];
      if (group.count == 0) continue;
      const bool first = out.empty();
      if (!first) out += with_names ? "; " : ", ";
      out += std::to_string(group.count);
      if (first) (out += ' ').append(noun).append(group.count == 1 ? "" : "s");
      (out += ' ').append(kVerbs[kind]);
      for (std::size_t i = 0; with_names && i < group.names.size(); ++i) {
        out.append(i == 0 ? ": " : ", ").append(group.names[i]);
      }
    }
    return out;
  };
  if (total_ == 0) return std::string("no ").append(noun).append("s");
  if (total_ <= kNamesMax) {
    if (std::string out = write(true); out.size() <= kSummaryBytesMax) return out;
  }
  return write(false);
}

}  // namespace lull::publish
