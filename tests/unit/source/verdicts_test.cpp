// What is refused: offered again when something changed, never in a loop.
#include <atomic>

#include "harness.h"

namespace lull::source {
namespace {

class Verdicts : public SourceTest {
 protected:
  Verdicts() {
    sink_without_.emplace([](const ChangeSet&, const Contents& after) {
      for (const auto& [name, bytes] : after) {
        if (bytes == "bad") return false;
      }
      return true;
    });
  }
  RecordingSink& sink() { return *sink_without_; }
  void load() {
    source_ = watch_files(options_for(at(), GetParam()), sink(), clock_);
    ASSERT_TRUE(sink().wait_for_offers(1));
  }
  void TearDown() override { source_.reset(); }

 private:
  std::optional<RecordingSink> sink_without_;
};

TEST_P(Verdicts, RefusedContentIsNotOfferedAgainUntilSomethingChanges) {
  write_file(at("a.yaml"), "good");
  load();
  write_file(at("a.yaml"), "bad");
  ASSERT_TRUE(sink().wait_for_offers(2));
  ASSERT_EQ(shell(at(), "touch a.yaml"), 0);
  ASSERT_TRUE(wait_for_scans(*source_, 3 * (GetParam() == Mode::kPolling)));
  EXPECT_EQ(sink().offers(), 2U);

  write_file(at("b.yaml"), "good");
  ASSERT_TRUE(sink().wait_for_offers(3));
  EXPECT_EQ(sink().last_offer().changes.size(), 2U) << "the refused file is part of it again";
  EXPECT_EQ(sink().accepted(), (Contents{{"a.yaml", "good"}}));

  write_file(at("a.yaml"), "better");
  EXPECT_TRUE(sink().wait_for({{"a.yaml", "better"}, {"b.yaml", "good"}}));
}

TEST_P(Verdicts, RescanOffersRefusedContentAgain) {
  write_file(at("a.yaml"), "bad");
  load();
  source_->rescan();
  ASSERT_TRUE(sink().wait_for_offers(2));
  EXPECT_TRUE(sink().last_offer().initial) << "nothing was accepted yet";
  ASSERT_EQ(sink().last_offer().changes.size(), 1U);
  EXPECT_EQ(sink().last_offer().changes[0].bytes, "bad");
}

TEST_P(Verdicts, GoingBackToWhatWasAcceptedIsAnEmptyOffer) {
  write_file(at("a.yaml"), "good");
  load();
  write_file(at("a.yaml"), "bad");
  ASSERT_TRUE(sink().wait_for_offers(2));
  write_file(at("a.yaml"), "good");
  ASSERT_TRUE(sink().wait_for_offers(3));
  EXPECT_TRUE(sink().last_offer().changes.empty());
  EXPECT_FALSE(sink().last_offer().initial);
}

TEST_P(Verdicts, ARefusedNewFileThatIsRemovedIsAnEmptyOffer) {
  load();
  write_file(at("a.yaml"), "bad");
  ASSERT_TRUE(sink().wait_for_offers(2));
  fs::remove(at("a.yaml"));
  ASSERT_TRUE(sink().wait_for_offers(3));
  EXPECT_TRUE(sink().last_offer().changes.empty());
}

TEST_P(Verdicts, TheFirstSetStaysTheFirstUntilOneIsAccepted) {
  write_file(at("a.yaml"), "bad");
  load();
  fs::remove(at("a.yaml"));
  ASSERT_TRUE(sink().wait_for_offers(2));
  EXPECT_TRUE(sink().last_offer().initial);
  EXPECT_TRUE(sink().last_offer().changes.empty());
  write_file(at("a.yaml"), "good");
  ASSERT_TRUE(sink().wait_for_offers(3));
  EXPECT_FALSE(sink().last_offer().initial);
}

TEST_P(Verdicts, AfterAFailureRefusedContentIsOfferedAgain) {
  write_file(at("a.yaml"), "good");
  load();
  write_file(at("a.yaml"), "bad");
  ASSERT_TRUE(sink().wait_for_offers(2));
  fs::rename(at(), beside("away"));
  ASSERT_TRUE(sink().wait_for_error("the directory cannot be read"));
  fs::rename(beside("away"), at());
  ASSERT_TRUE(sink().wait_for_offers(3));
  EXPECT_EQ(sink().last_offer().changes.size(), 1U);
}

TEST_P(Verdicts, AFailureThatChangedNothingEndsWithAnEmptyReport) {
  write_file(at("a.yaml"), "good");
  load();
  fs::rename(at(), beside("away"));
  ASSERT_TRUE(sink().wait_for_error("the directory cannot be read"));
  EXPECT_EQ(sink().unreadable_calls(), 1U);
  fs::rename(beside("away"), at());
  ASSERT_TRUE(sink().wait_for_no_error());
  EXPECT_EQ(sink().unreadable_calls(), 2U);
  EXPECT_EQ(sink().offers(), 1U);
}

TEST_P(Verdicts, WhatHappensDuringAnOfferIsOneChangeSetAfterIt) {
  std::atomic<bool> hold{false};
  std::atomic<bool> held{false};
  RecordingSink slow([&](const ChangeSet&, const Contents&) {
    if (hold) {
      held = true;
      hold.wait(true);
    }
    return true;
  });
  source_ = watch_files(options_for(at(), GetParam()), slow, clock_);
  ASSERT_TRUE(slow.wait_for_offers(1));
  hold = true;
  write_file(at("a.yaml"), "0");
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!held && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  ASSERT_TRUE(held);
  for (int i = 1; i <= 20; ++i) {
    write_file(at("a.yaml"), std::to_string(i));
    write_file(at("b.yaml"), std::to_string(i));
  }
  hold = false;
  hold.notify_all();
  ASSERT_TRUE(slow.wait_for({{"a.yaml", "20"}, {"b.yaml", "20"}}));
  EXPECT_EQ(slow.offers(), 3U);
  source_.reset();
}

TEST_P(Verdicts, TheDestructorWaitsForTheOfferUnderWayOnly) {
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  std::atomic<bool> left{false};
  RecordingSink slow([&](const ChangeSet&, const Contents&) {
    entered = true;
    entered.notify_all();
    leave.wait(false);
    left = true;
    return true;
  });
  write_file(at("a.yaml"), "a");
  source_ = watch_files(options_for(at(), GetParam()), slow, clock_);
  entered.wait(false);
  write_file(at("a.yaml"), "b");
  std::thread stopper([&] {
    source_.reset();
    EXPECT_TRUE(left) << "destroyed while the sink was being called";
  });
  leave = true;
  leave.notify_all();
  stopper.join();
  EXPECT_EQ(slow.offers(), 1U);
}

TEST_P(Verdicts, AnIdleSourceStopsAtOnce) {
  auto options = options_for(at(), GetParam());
  options.poll_interval = milliseconds(600'000);
  start(options);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  const auto begun = std::chrono::steady_clock::now();
  source_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
}

LULL_IN_BOTH_MODES(Verdicts);

}  // namespace
}  // namespace lull::source
