// Single values from the environment and from flags, which win over the file.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lull::settings {

/// Values by their path in the file, as in `limits.request_body_bytes_max`.
class Overrides {
 public:
  struct Value {
    std::string text;
    std::string origin;  ///< `LULL_LISTEN` or `--listen`, for messages.
  };

  /// Takes every variable `LULL_...` of an environment in the form of environ(7).
  void add_environment(const char* const* environment);
  /// A flag wins over the environment.
  void add_flag(std::string_view path, std::string text, std::string flag);

  /// The value for a path. `limits.idle_timeout_ms` is LULL_LIMITS_IDLE_TIMEOUT_MS.
  [[nodiscard]] std::optional<Value> find(std::string_view path) const;

  struct Misspelt {
    std::string variable;
    std::string meant;  ///< The nearest variable that was looked for; empty if none is near.
  };
  /// Variables that were not looked for, but that are near to one that was, or begin like one that
  /// is in a section of the file. Others with this prefix are no setting's: they belong elsewhere.
  [[nodiscard]] std::vector<Misspelt> misspelt() const;

 private:
  std::map<std::string, Value, std::less<>> flags_;              // by path
  std::map<std::string, std::string, std::less<>> environment_;  // by variable
  mutable std::set<std::string, std::less<>> known_;             // variables that find() looked for
  mutable std::set<std::string, std::less<>> sections_;          // how those in sections begin
};

}  // namespace lull::settings
