#include "settings/overrides.h"

namespace lull::settings {
namespace {

constexpr std::string_view kPrefix = "LULL_";
constexpr std::string_view kClientVariable = "LULL_SERVER=";  // lullctl's, no setting of lulld

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
    if (entry.starts_with(kClientVariable)) continue;
    environment_.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
}

void Overrides::add_flag(std::string_view path, std::string text, std::string flag) {
  flags_.insert_or_assign(std::string(path), Value{std::move(text), std::move(flag)});
}

std::optional<Overrides::Value> Overrides::find(std::string_view path) const {
  const std::string variable = variable_of(path);
  const auto in_environment = environment_.find(variable);
  if (in_environment != environment_.end()) used_[variable] = true;
  if (const auto flag = flags_.find(path); flag != flags_.end()) return flag->second;
  if (in_environment == environment_.end()) return std::nullopt;
  return Value{in_environment->second, variable};
}

std::vector<std::string> Overrides::unused() const {
  std::vector<std::string> out;
  for (const auto& [variable, text] : environment_) {
    if (!used_.contains(variable)) out.push_back(variable);
  }
  return out;
}

}  // namespace lull::settings
