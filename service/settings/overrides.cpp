#include "settings/overrides.h"

#include <algorithm>

#include "settings/nearest.h"

namespace lull::settings {
namespace {

constexpr std::string_view kPrefix = "LULL_";

std::string variable_of(std::string_view path) {
  std::string out(kPrefix);
  for (const char c : path) {
    if (c == '.' || c == '-') {
      out += '_';
    } else {
      out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return out;
}

}  // namespace

void Overrides::add_environment(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view entry(*environment);
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string_view::npos) continue;
    environment_.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
}

void Overrides::add_flag(std::string_view path, std::string text, std::string flag) {
  flags_.insert_or_assign(std::string(path), Value{std::move(text), std::move(flag)});
}

std::optional<Overrides::Value> Overrides::find(std::string_view path) const {
  const std::string variable = variable_of(path);
  known_.insert(variable);
  if (const std::size_t dot = path.find('.'); dot != std::string_view::npos) {
    sections_.insert(variable_of(path.substr(0, dot + 1)));
  }
  const auto in_environment = environment_.find(variable);
  if (const auto flag = flags_.find(path); flag != flags_.end()) return flag->second;
  if (in_environment == environment_.end()) return std::nullopt;
  return Value{in_environment->second, variable};
}

std::vector<Overrides::Misspelt> Overrides::misspelt() const {
  // The prefix would make any two short names look near to each other.
  std::vector<std::string> names;
  names.reserve(known_.size());
  for (const std::string& variable : known_) names.push_back(variable.substr(kPrefix.size()));
  std::vector<Misspelt> out;
  for (const auto& [variable, text] : environment_) {
    if (known_.contains(variable)) continue;
    const std::string_view near = nearest(variable.substr(kPrefix.size()), names);
    const auto begins_it = [&variable](const auto& section) {
      return variable.starts_with(section);
    };
    if (near.empty() && std::ranges::none_of(sections_, begins_it)) continue;
    out.push_back({variable, near.empty() ? "" : std::string(kPrefix).append(near)});
  }
  return out;
}

}  // namespace lull::settings
