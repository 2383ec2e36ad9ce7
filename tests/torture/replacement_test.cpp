// What must hold when data is replaced at the worst moment, one moment at a time: the reader itself
// replaces what it is looking at and then gives the reclaimer every chance to free it.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "lull/base/clock.h"
#include "lull/rcu/published.h"
#include "torture.h"
#include "toy.h"

namespace lull::torture {
namespace {

constexpr int kRounds = 4;
/// How long a reclaimer that does wrong has to show it; a right one lets it pass.
constexpr std::chrono::milliseconds kChance{250};

class Replacement : public testing::Test {
 protected:
  void replace_thrice() {
    for (int i = 0; i < 3; ++i) published_.publish(next());
  }
  [[nodiscard]] std::unique_ptr<Toy> next() {
    std::vector<rcu::Pin<Body>> bodies;
    bodies.push_back(rcu::Pin<Body>::adopt(new Body(reclaimer_, deaths_, ++generation_)));
    return std::make_unique<Toy>(deaths_, std::move(bodies));
  }
  [[nodiscard]] bool freed(std::uint64_t generation) const {
    return deaths_.newest_toy.load() >= generation || deaths_.newest_body.load() >= generation;
  }
  /// Whether the toy or body of this generation is freed while this thread looks at it.
  [[nodiscard]] bool freed_within_chance(std::uint64_t generation) const {
    dawdle(kChance, [&] { return freed(generation); });
    return freed(generation);
  }

  SystemClock clock_;
  Deaths deaths_;
  rcu::Reclaimer reclaimer_{clock_};
  std::uint64_t generation_ = 0;
  rcu::Published<Toy> published_{next(), reclaimer_};
};

TEST_F(Replacement, OfWhatAReadLooksAtFreesNothing) {
  for (int i = 0; i < kRounds; ++i) {
    published_.read([this](const Toy& toy) {
      const std::uint64_t generation = toy.generation;
      replace_thrice();
      ASSERT_FALSE(freed_within_chance(generation)) << "freed inside a section";
      EXPECT_EQ(toy.fault(), nullptr) << toy.fault();
    });
  }
}

TEST_F(Replacement, BetweenFindingAndPinningFreesNothing) {
  for (int i = 0; i < kRounds; ++i) {
    std::uint64_t generation = 0;
    bool lost = false;
    const rcu::Pin<Body> pin = published_.pin([&](const Toy& toy) -> const Body& {
      generation = toy.generation;
      const Body& body = *toy.newest_first.front();
      published_.publish(next());
      lost = freed_within_chance(generation);
      return body;
    });
    ASSERT_FALSE(lost) << "freed before it was pinned";
    reclaimer_.drain();
    ASSERT_LT(deaths_.newest_body.load(), generation) << "freed under its pin";
    EXPECT_EQ(pin->fault(), nullptr) << pin->fault();
  }
}

TEST_F(Replacement, OfWhatIsPinnedFreesTheViewAndNotTheBody) {
  for (int i = 0; i < 100; ++i) {
    const rcu::Pin<Body> pin =
        published_.pin([](const Toy& toy) -> const Body& { return *toy.newest_first.front(); });
    const std::uint64_t generation = generation_;
    published_.publish(next());
    reclaimer_.drain();
    ASSERT_EQ(deaths_.newest_toy.load(), generation) << "not freed though nobody can see it";
    ASSERT_LT(deaths_.newest_body.load(), generation) << "freed under its pin";
    ASSERT_EQ(pin->fault(), nullptr) << pin->fault();
  }
}

TEST_F(Replacement, LeavesABodyHeldForAsLongAsASectionCanReachIt) {
  for (int i = 0; i < 100; ++i) {
    const rcu::ReadSection section;
    const Toy& toy = published_.get(section);
    replace_thrice();
    ASSERT_EQ(toy.fault(), nullptr) << toy.fault();
  }
}

}  // namespace
}  // namespace lull::torture
