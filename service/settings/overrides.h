// Single values from the environment and from flags, which win over the file.
#pragma once

#include <map>
#include <optional>
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

  /// Variables that match none of the paths that were looked for: most likely misspelt.
  [[nodiscard]] std::vector<std::string> unused() const;

 private:
  std::map<std::string, Value, std::less<>> flags_;              // by path
  std::map<std::string, std::string, std::less<>> environment_;  // by variable
  mutable std::map<std::string, bool, std::less<>> used_;        // variables that find() returned
};

}  // namespace lull::settings
