#include "lull/publish/retention.h"

#include <gtest/gtest.h>

#include <vector>

namespace lull::publish {
namespace {

using std::chrono::seconds;

Clock::Steady at(int second) {
  return Clock::Steady(seconds(second));
}

const std::vector<Retained> kNewestFirst = {{at(90), 10}, {at(60), 20}, {at(30), 5}};

TEST(Retention, EachBoundCutsFromTheOldestEnd) {
  struct Case {
    RetentionLimits limits;
    std::size_t keep;
  };
  for (const Case& c : {Case{{3, seconds(100), 100}, 3}, Case{{2, seconds(100), 100}, 2},
                        Case{{0, seconds(100), 100}, 0}, Case{{3, seconds(70), 100}, 2},
                        Case{{3, seconds(10), 100}, 0}, Case{{3, seconds(11), 100}, 1},
                        Case{{3, seconds(100), 35}, 3}, Case{{3, seconds(100), 34}, 2},
                        Case{{3, seconds(100), 29}, 1}, Case{{3, seconds(100), 9}, 0}}) {
    EXPECT_EQ(retained_to_keep(kNewestFirst, c.limits, at(100)), c.keep)
        << c.limits.revisions_max << ' ' << c.limits.age_max.count() << ' ' << c.limits.bytes_max;
  }
  EXPECT_EQ(retained_to_keep({}, {3, seconds(1), 1}, at(0)), 0U);
}

}  // namespace
}  // namespace lull::publish
