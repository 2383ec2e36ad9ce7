// A toy of the same build as publish::View and its snapshots: a published object that holds counted
// bodies. Everything carries a magic number and a generation, poisons itself when it is freed and
// is counted then.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "lull/base/poison.h"
#include "lull/rcu/published.h"

namespace lull::torture {

constexpr std::uint64_t kMagic = 0x6C756C6C6C756C6C;
constexpr std::size_t kCells = 32;

/// The newest generations that were freed, kept outside of what is freed: only the reclaimer
/// writes.
struct Deaths {
  std::atomic<std::uint64_t> newest_toy{0};
  std::atomic<std::uint64_t> newest_body{0};

  static void note(std::atomic<std::uint64_t>& newest, std::uint64_t generation) {
    if (newest.load(std::memory_order_relaxed) < generation) {
      newest.store(generation, std::memory_order_relaxed);
    }
  }
};

/// A snapshot's stand-in: all cells hold its generation.
struct Body final : rcu::Pinnable {
  Body(rcu::Reclaimer& reclaimer, Deaths& all_deaths, std::uint64_t number)
      : Pinnable(reclaimer), deaths(all_deaths), generation(number) {
    cells.fill(number);
  }
  ~Body() override {
    Deaths::note(deaths.newest_body, generation);
    poison(&magic, sizeof magic);
    poison(&generation, sizeof generation);
    poison(cells.data(), sizeof cells);
  }
  /// What is wrong with it, or null.
  [[nodiscard]] const char* fault() const {
    if (magic != kMagic) return "freed body";
    if (holds() == 0) return "body that nobody holds";
    for (const std::uint64_t cell : cells) {
      if (cell != generation) return "torn body";
    }
    return nullptr;
  }

  Deaths& deaths;
  std::uint64_t magic = kMagic;
  std::uint64_t generation;
  std::array<std::uint64_t, kCells> cells{};
};

/// A view's stand-in.
struct Toy final : rcu::Reclaimable {
  Toy(Deaths& all_deaths, std::vector<rcu::Pin<Body>> bodies)
      : deaths(all_deaths),
        generation(bodies.front()->generation),
        newest_first(std::move(bodies)) {}
  ~Toy() override {
    Deaths::note(deaths.newest_toy, generation);
    poison(&magic, sizeof magic);
  }
  /// What is wrong with it or with any body that it holds, or null.
  [[nodiscard]] const char* fault() const {
    if (magic != kMagic) return "freed toy";
    for (const auto& pin : newest_first) {
      if (const char* const found = pin->fault()) return found;
    }
    return nullptr;
  }
#if defined(LULL_MUTANT_COUNT_BEFORE_GRACE)
  void drop_counts_early() noexcept {
    for (auto& pin : newest_first) pin.drop_count_early();
  }
#endif

  Deaths& deaths;
  std::uint64_t magic = kMagic;
  std::uint64_t generation;
  std::vector<rcu::Pin<Body>> newest_first;
};

}  // namespace lull::torture
