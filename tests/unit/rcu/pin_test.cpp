#include "lull/rcu/pin.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "support.h"

namespace lull::rcu {
namespace {

struct Item final : Pinnable {
  Item(Reclaimer& reclaimer, Deaths& item_deaths) : Pinnable(reclaimer), deaths(item_deaths) {}
  ~Item() override { deaths.record(); }
  Deaths& deaths;
};

class PinTest : public testing::Test {
 protected:
  [[nodiscard]] Pin<Item> make() { return Pin<Item>::adopt(new Item(reclaimer_, deaths_)); }
  [[nodiscard]] int freed() {
    reclaimer_.drain();
    return deaths_.count.load();
  }

  SystemClock clock_;
  Deaths deaths_;
  Reclaimer reclaimer_{clock_};
};

TEST_F(PinTest, EmptyHoldsNothing) {
  Pin<Item> pin;
  EXPECT_FALSE(pin);
  EXPECT_FALSE(pin.clone());
  pin.reset();
  EXPECT_EQ(freed(), 0);
}

TEST_F(PinTest, AdoptIsTheFirstHold) {
  const Pin<Item> pin = make();
  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->holds(), 1U);
  EXPECT_EQ(&*pin, pin.operator->());
  EXPECT_EQ(freed(), 0);
}

TEST_F(PinTest, TheLastOfSeveralFreesOnceWhateverTheOrder) {
  Pin<Item> first = make();
  Pin<Item> second = first.clone();
  Pin<Item> third = second.clone();
  EXPECT_EQ(first->holds(), 3U);
  first.reset();
  EXPECT_FALSE(first);
  third.reset();
  EXPECT_EQ(second->holds(), 1U);
  EXPECT_EQ(freed(), 0);
  second.reset();
  second.reset();  // an empty one lets go of nothing
  EXPECT_EQ(freed(), 1);
}

TEST_F(PinTest, UnderASectionAddsAHold) {
  Pin<Item> publishers = make();
  Pin<Item> readers;
  {
    const ReadSection section;
    readers = Pin<Item>(*publishers, section);
  }
  EXPECT_EQ(readers->holds(), 2U);
  publishers.reset();
  EXPECT_EQ(freed(), 0);
  readers.reset();
  EXPECT_EQ(freed(), 1);
}

TEST_F(PinTest, AMoveTakesTheHoldAlongAndLeavesTheOtherEmpty) {
  Pin<Item> first = make();
  Pin<Item> second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what a move leaves is the point
  EXPECT_EQ(second->holds(), 1U);
}

TEST_F(PinTest, MoveAssignmentLetsGoAtOnceOfWhatWasHeld) {
  Pin<Item> target = make();
  Pin<Item> other = make();
  target = std::move(other);
  EXPECT_FALSE(other);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(freed(), 1) << "the moved-from pin must not keep the old object";
  EXPECT_EQ(target->holds(), 1U);
}

TEST_F(PinTest, MoveAssignmentToItselfKeepsTheHold) {
  Pin<Item> pin = make();
  Pin<Item>& same = pin;
  pin = std::move(same);
  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->holds(), 1U);
  EXPECT_EQ(freed(), 0);
}

TEST_F(PinTest, TheLastUnpinNeverFreesOnItsOwnThread) {
  std::thread::id unpinned_on;
  std::thread([&, pin = make()]() mutable {
    unpinned_on = std::this_thread::get_id();
    pin.reset();
  }).join();
  EXPECT_EQ(freed(), 1);
  EXPECT_NE(deaths_.thread.load(), unpinned_on);
  EXPECT_NE(deaths_.thread.load(), std::this_thread::get_id());
}

TEST_F(PinTest, MayBeLetGoOfInsideASection) {
  {
    const ReadSection section;
    make().reset();
  }
  EXPECT_EQ(freed(), 1);
}

#if !defined(NDEBUG) && !defined(__SANITIZE_THREAD__)
TEST_F(PinTest, DeathTestPinningWhatNobodyHoldsIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        const Item item(reclaimer_, deaths_);
        const ReadSection section;
        const Pin<Item> pin(item, section);
      },
      "nobody holds");
}
#endif

}  // namespace
}  // namespace lull::rcu
