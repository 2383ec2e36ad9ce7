// The log: one line an event, as text for people or JSON for machines, on standard error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace lull::telemetry {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

/// A named detail of an event: `revision=4be1.7`, or `"revision":"4be1.7"`.
struct Field {
  std::string_view name;
  std::string value;
};

/// Threads: any.  Cost: one formatted line and one write; not for the hot path.
class Log {
 public:
  /// `format` is `text` or `json`, `level` one of debug, info, warn, error.
  Log(std::string_view format, std::string_view level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void event(Level level, std::string_view message, std::initializer_list<Field> fields = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lull::telemetry
