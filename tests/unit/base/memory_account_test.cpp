#include "lull/base/memory_account.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace lull {
namespace {

using Charge = MemoryAccount::Charge;

TEST(MemoryAccount, CountsWhatIsHeldAndOnlyThat) {
  const auto account = std::make_shared<MemoryAccount>();
  EXPECT_EQ(account->bytes(), 0U);
  {
    const Charge first(account, 100);
    const Charge second(account, 23);
    EXPECT_EQ(account->bytes(), 123U);
  }
  EXPECT_EQ(account->bytes(), 0U);
}

TEST(MemoryAccount, AMoveNeitherLosesNorDoubles) {
  const auto account = std::make_shared<MemoryAccount>();
  Charge first(account, 100);
  Charge second(std::move(first));
  EXPECT_EQ(account->bytes(), 100U);
  Charge third(account, 7);
  third = std::move(second);
  EXPECT_EQ(account->bytes(), 100U) << "what was held before is given back at once";
  Charge& same = third;
  third = std::move(same);
  EXPECT_EQ(account->bytes(), 100U);
  third = Charge();
  EXPECT_EQ(account->bytes(), 0U);
}

TEST(MemoryAccount, ChargesOfTwoAccountsDoNotMix) {
  const auto one = std::make_shared<MemoryAccount>();
  const auto two = std::make_shared<MemoryAccount>();
  Charge a(one, 1);
  Charge b(two, 2);
  a = std::move(b);
  EXPECT_EQ(one->bytes(), 0U);
  EXPECT_EQ(two->bytes(), 2U);
}

TEST(MemoryAccount, AnEmptyAccountChargesNobody) {
  const Charge nobody(nullptr, 100);
  const Charge nothing;
}

TEST(MemoryAccount, AChargeKeepsItsAccountAlive) {
  auto account = std::make_shared<MemoryAccount>();
  const std::weak_ptr<MemoryAccount> watched = account;
  {
    const Charge charge(std::move(account), 5);
    ASSERT_FALSE(watched.expired());
    EXPECT_EQ(watched.lock()->bytes(), 5U);
  }
  EXPECT_TRUE(watched.expired());
}

TEST(MemoryAccount, ThreadsAddUp) {
  const auto account = std::make_shared<MemoryAccount>();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t j = 0; j < 5000; ++j) const Charge charge(account, j);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(account->bytes(), 0U);
}

}  // namespace
}  // namespace lull
