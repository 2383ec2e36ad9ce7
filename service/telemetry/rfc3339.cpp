#include "telemetry/rfc3339.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace lull::telemetry {

std::string rfc3339(Clock::Wall time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  const std::time_t stamp = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  gmtime_r(&stamp, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>(milliseconds.count() % 1000));
  return std::string(text.data(), length) + fraction.data();
}

}  // namespace lull::telemetry
