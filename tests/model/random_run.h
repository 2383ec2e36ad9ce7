// What every model test starts from: a seed that is printed and settable, and a number of
// operations.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace lull {

/// An unsigned number from the environment.
inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

/// Threads: one.
class RandomRun {
 public:
  RandomRun()
      : seed_(number_from_environment("LULL_SEED", std::random_device{}())), engine_(seed_) {
    std::cout << "seed " << seed_ << ": repeat with LULL_SEED=" << seed_ << std::endl;
    ::testing::Test::RecordProperty("seed", std::to_string(seed_));
  }

  /// 0 to `end - 1`; the same for a seed on every platform.
  std::size_t below(std::size_t end) { return engine_() % end; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  template <class Container>
  const auto& pick(const Container& from) {
    return *std::next(from.begin(), static_cast<std::ptrdiff_t>(below(from.size())));
  }

 private:
  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

/// Of each model test: optimised builds do the many, sanitized ones look closely.
inline std::size_t model_operations() {
#if defined(NDEBUG)
  constexpr std::uint64_t kOtherwise = 300'000;
#else
  constexpr std::uint64_t kOtherwise = 50'000;
#endif
  return number_from_environment("LULL_MODEL_OPERATIONS", kOtherwise);
}

}  // namespace lull
