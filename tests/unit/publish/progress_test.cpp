#include "lull/publish/progress.h"

#include <gtest/gtest.h>

#include "support.h"

namespace lull::publish {
namespace {

using std::chrono::milliseconds;
using Phase = Progress::Phase;

source::ChangeSet files(std::initializer_list<std::size_t> sizes) {
  source::ChangeSet out;
  for (const std::size_t size : sizes) out.changes.push_back({"f", "/f", std::string(size, 'x')});
  out.changes.push_back({"gone", "/gone", std::nullopt});
  return out;
}

TEST(Progress, TellsHowFarALoadIs) {
  ManualClock clock;
  Progress progress(clock, {});
  EXPECT_EQ(progress.state().phase, Phase::kIdle);
  {
    const LoadProgress load(progress, files({300, 100}));
    EXPECT_EQ(load.bytes_total(), 400U);
    EXPECT_EQ(progress.state().percent(), 0U);
    progress.step(7, 100);
    clock.advance(milliseconds(1500));
    const Progress::State state = progress.state();
    EXPECT_EQ(state.phase, Phase::kParsing);
    EXPECT_EQ(state.bytes, 100U);
    EXPECT_EQ(state.bytes_total, 400U);
    EXPECT_EQ(state.records, 7U);
    EXPECT_EQ(state.percent(), 25U);
    EXPECT_DOUBLE_EQ(state.seconds, 1.5);
    progress.build();
    EXPECT_EQ(progress.state().percent(), 100U);
  }
  EXPECT_EQ(progress.state().phase, Phase::kIdle);
  EXPECT_EQ(progress.state().seconds, 0);
  EXPECT_EQ(progress.parsed(), 7U) << "since the start";
}

TEST(Progress, ReportsOnlyWhatTakesLong) {
  ManualClock clock;
  std::vector<std::uint64_t> told;
  Progress progress(clock, [&told](const Progress::State& state) { told.push_back(state.bytes); });
  {
    const LoadProgress load(progress, files({100}));
    progress.step(0, 10);
    clock.advance(Progress::kReportInterval);
    progress.step(0, 10);
    progress.step(0, 10);
    clock.advance(Progress::kReportInterval);
    progress.build();
  }
  EXPECT_EQ(told, (std::vector<std::uint64_t>{20, 30}));
  const LoadProgress next(progress, files({100}));
  progress.step(0, 100);
  EXPECT_EQ(told.size(), 2U) << "a load's time begins anew";
}

}  // namespace
}  // namespace lull::publish
