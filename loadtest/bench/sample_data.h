// The records that the engine's benchmarks share.
#pragma once

#include <time.h>

#include <array>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lull/snapshot/table.h"

namespace lull::bench {

inline constexpr std::size_t kWarehouses = 100;

/// `SKU-` and eight digits: 12 bytes, keys in the order of their numbers.
inline std::string short_key(std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 8 - digits.size(), '0');
  return "SKU-" + digits;
}

/// 36 random bytes in the form of a UUID, the same for the same number.
inline std::string uuid_key(std::size_t number) {
  std::mt19937_64 random(number);
  std::array<char, 40> text{};
  const auto a = static_cast<unsigned long long>(random());
  const auto b = static_cast<unsigned long long>(random());
  std::snprintf(text.data(), text.size(), "%08llx-%04llx-%04llx-%04llx-%012llx", a >> 32U,
                (a >> 16U) & 0xFFFFU, a & 0xFFFFU, b >> 48U, b & 0xFFFF'FFFF'FFFFU);
  return text.data();
}

/// A JSON object of 79 bytes.
inline std::string value_of(std::size_t number, std::size_t available) {
  std::string out = "{\"available\":" + std::to_string(available) + ",\"name\":\"article " +
                    std::to_string(number) + "\",\"note\":\"";
  if (out.size() < 77) out.append(77 - out.size(), 'x');
  return out + "\"}";
}

inline snapshot::RecordChange record_of(std::string key, std::size_t number, std::size_t available,
                                        bool indexed) {
  snapshot::RecordInput record{key, value_of(number, available), {}, {}};
  if (indexed) {
    record.index_values.emplace_back("w" + std::to_string((number + available) % kWarehouses));
    record.quantity = static_cast<std::int64_t>(available);
  }
  return {std::move(key), std::move(record)};
}

inline double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// A line of output for the report: name, size, value.
inline void print(const char* name, std::size_t records, double value) {
  std::printf("figure %s %zu %.6g\n", name, records, value);
  std::fflush(stdout);
}

}  // namespace lull::bench
