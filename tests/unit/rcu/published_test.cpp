#include "lull/rcu/published.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support.h"

namespace lull::rcu {
namespace {

struct Item final : Pinnable {
  Item(Reclaimer& reclaimer, Deaths& item_deaths, int item_number)
      : Pinnable(reclaimer), deaths(item_deaths), number(item_number) {}
  ~Item() override { deaths.record(); }
  Deaths& deaths;
  int number;
};

struct Toy final : Reclaimable {
  Toy(Pin<Item> toy_item, Deaths& toy_deaths) : item(std::move(toy_item)), deaths(toy_deaths) {}
  ~Toy() override { deaths.record(); }
  Pin<Item> item;
  Deaths& deaths;
};

class PublishedTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Toy> make(int number) {
    return std::make_unique<Toy>(Pin<Item>::adopt(new Item(reclaimer_, items_, number)), toys_);
  }
  [[nodiscard]] static int number_of(const Toy& toy) { return toy.item->number; }
  [[nodiscard]] Pin<Item> pin() const {
    return published_->pin([](const Toy& toy) -> const Item& { return *toy.item; });
  }

  SystemClock clock_;
  Deaths toys_;
  Deaths items_;
  Reclaimer reclaimer_{clock_};
  std::optional<Published<Toy>> published_{std::in_place, make(1), reclaimer_};
};

TEST_F(PublishedTest, ReadsWhatWasPublishedLast) {
  EXPECT_EQ(published_->read(number_of), 1);
  published_->publish(make(2));
  EXPECT_EQ(published_->read(number_of), 2);
  EXPECT_EQ(number_of(published_->writer_view()), 2);
  const ReadSection section;
  EXPECT_EQ(number_of(published_->get(section)), 2);
}

TEST_F(PublishedTest, ReadRunsInsideASectionAndGivesValuesOfAnyOwningType) {
  EXPECT_TRUE(published_->read([](const Toy&) { return in_read_section(); }));
  EXPECT_FALSE(in_read_section());
  bool called = false;
  published_->read([&](const Toy&) { called = true; });
  EXPECT_TRUE(called);
  EXPECT_EQ(published_->read([](const Toy&) { return std::string("copy"); }), "copy");
  const auto owned = published_->read(
      [](const Toy& toy) { return std::make_unique<std::vector<int>>(3, toy.item->number); });
  EXPECT_EQ(*owned, (std::vector<int>{1, 1, 1}));
}

TEST_F(PublishedTest, AnExceptionInReadEndsTheSection) {
  EXPECT_THROW(published_->read([](const Toy&) -> int { throw std::string("no"); }), std::string);
  EXPECT_FALSE(in_read_section());
}

TEST_F(PublishedTest, ReplacedOnesAreFreedAndTakeTheirItemsAlong) {
  for (int i = 2; i <= 100; ++i) published_->publish(make(i));
  reclaimer_.drain();
  EXPECT_EQ(toys_.count.load(), 99);
  EXPECT_EQ(items_.count.load(), 99);
  EXPECT_NE(toys_.thread.load(), std::this_thread::get_id());
}

TEST_F(PublishedTest, NothingIsFreedUnderAnOpenSection) {
  const auto replace_twice_and_look = [this] {
    const ReadSection section;
    const Toy& toy = published_->get(section);
    published_->publish(make(2));
    published_->publish(make(3));
    // The reclaimer must have begun to wait, or this would prove nothing.
    EXPECT_TRUE(eventually([this] { return reclaimer_.stats().waiting_seconds > 0; }));
    EXPECT_EQ(toys_.count.load(), 0);
    return number_of(toy);
  };
  EXPECT_EQ(replace_twice_and_look(), 1);
  reclaimer_.drain();
  EXPECT_EQ(toys_.count.load(), 2);
}

TEST_F(PublishedTest, APinOutlivesReplacementAndThePublishedItself) {
  Pin<Item> pinned = pin();
  EXPECT_EQ(pinned->holds(), 2U);
  published_->publish(make(2));
  published_.reset();
  reclaimer_.drain();
  EXPECT_EQ(toys_.count.load(), 2);
  EXPECT_EQ(items_.count.load(), 1);
  EXPECT_EQ(pinned->number, 1);
  EXPECT_EQ(pinned->holds(), 1U);
  pinned.reset();
  reclaimer_.drain();
  EXPECT_EQ(items_.count.load(), 2);
}

TEST_F(PublishedTest, AnItemCarriedOverToTheNextOneLivesOn) {
  auto next = std::make_unique<Toy>(published_->writer_view().item.clone(), toys_);
  published_->publish(std::move(next));
  reclaimer_.drain();
  EXPECT_EQ(toys_.count.load(), 1);
  EXPECT_EQ(items_.count.load(), 0);
  EXPECT_EQ(pin()->number, 1);
}

}  // namespace
}  // namespace lull::rcu
