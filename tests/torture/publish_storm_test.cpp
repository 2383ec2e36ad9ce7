// The storm on the real thing: Publisher, View and Snapshot. One writer publishes a tree and a
// table in turn; readers look up several things under one section, hold pins of current and
// retained revisions for a while, and look at them again.
#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

#include "generations.h"
#include "torture.h"

namespace lull::torture {
namespace {

constexpr std::size_t kRecords = 40;
constexpr std::uint64_t kPendingMax = 30;  // the test's writer waits beyond it
// Each publication replaces one view, which waits as long as a section that can see it is open; one
// more publication may run since the writer looked.
constexpr std::uint64_t kAgeMax = kPendingMax + 2;
constexpr std::uint64_t kReadsMin = 500;
constexpr std::uint64_t kPinsMin = 100;
constexpr std::uint64_t kPublicationsMin = 100;

class PublishStorm {
 public:
  PublishStorm() {
    publish::PublisherOptions options;
    options.retained_revisions_max = 3;
    auto opened = publish::Publisher::open(options, generation_specs(), clock_);
    if (!opened) throw std::runtime_error(opened.error().text());
    publisher_ = *std::move(opened);
    publisher_->observe([this](const publish::Publication& publication) {
      if (publication.revision.number != publication.previous.number + 1) {
        run.finding("a revision was skipped");
      }
      published.store(publication.revision.number, std::memory_order_relaxed);
    });
  }

  void read(std::uint64_t thread);
  void pin(std::uint64_t thread);
  void write();
  /// After all threads have ended.
  void expect_all_freed();

  Trial run;
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> pins{0};
  std::atomic<std::uint64_t> published{0};
  Ages ages;

 private:
  void check(const snapshot::Snapshot& snapshot) {
    const std::string fault = mixed_generations(snapshot, kRecords);
    if (!fault.empty()) run.finding(fault);
  }

  SystemClock clock_;
  std::unique_ptr<publish::Publisher> publisher_;
};

void PublishStorm::read(std::uint64_t thread) {
  auto choose = choices(thread);
  std::uint64_t last = 0;
  while (!run.stopped()) {
    const bool slow = choose() % 16 == 0;
    const std::uint64_t number = publisher_->view().read([&](const publish::View& view) {
      check(view.current());
      if (slow) {
        const std::uint64_t begun = published.load(std::memory_order_relaxed);
        dawdle(std::chrono::milliseconds(2), [&] { return published.load() > begun + 4; });
      }
      for (const auto& held : view.newest_first()) check(*held);
      // Observers are told after the swap: the reader may be one ahead of them.
      const std::uint64_t seen = view.current().revision().number;
      const std::uint64_t now = std::max(published.load(std::memory_order_relaxed), seen);
      ages.count(now - seen);
      if (now - seen > kAgeMax)
        run.finding("a section saw data of age " + std::to_string(now - seen));
      return seen;
    });
    if (number < last) run.finding("a reader went back in time");
    last = number;
    reads.fetch_add(1, std::memory_order_relaxed);
  }
}

void PublishStorm::pin(std::uint64_t thread) {
  auto choose = choices(thread);
  struct Held {
    rcu::Pin<snapshot::Snapshot> pin;
    Revision revision;
  };
  std::deque<Held> held;
  while (!run.stopped()) {
    const std::size_t which = choose();
    auto pin = publisher_->view().pin([&](const publish::View& view) -> const snapshot::Snapshot& {
      return *view.newest_first()[which % view.newest_first().size()];
    });
    const Revision revision = pin->revision();
    held.push_back({std::move(pin), revision});
    pins.fetch_add(1, std::memory_order_relaxed);
    if (choose() % 8 == 0) {
      const std::uint64_t begun = published.load(std::memory_order_relaxed);
      dawdle(std::chrono::milliseconds(5), [&] { return published.load() > begun + 8; });
    }
    for (const Held& hold : held) {
      check(*hold.pin);
      if (hold.pin->revision() != hold.revision) run.finding("a pinned snapshot changed");
    }
    while (held.size() > choose() % 6) held.pop_front();
  }
}

void PublishStorm::write() {
  for (std::uint64_t generation = 1; !run.stopped(); ++generation) {
    dawdle(std::chrono::seconds(10),
           [&] { return run.stopped() || publisher_->stats().reclaimer.pending <= kPendingMax; });
    auto candidate = generation % 2 == 0 ? tree_candidate(*publisher_, generation)
                                         : table_candidate(*publisher_, generation, kRecords);
    const auto revision = publisher_->submit_and_wait(std::move(candidate));
    if (!revision) run.finding(revision.error().text());
  }
}

void PublishStorm::expect_all_freed() {
  publisher_.reset();
  EXPECT_EQ(snapshot::Snapshot::alive(), 0U);
}

TEST(Torture, ReadersAndPinsOfRealSnapshotsAgainstAStormOfPublications) {
  PublishStorm storm;
  std::vector<std::thread> threads;
  std::uint64_t number = 0;
  for (int i = 0; i < 3; ++i) threads.emplace_back(&PublishStorm::read, &storm, ++number);
  for (int i = 0; i < 2; ++i) threads.emplace_back(&PublishStorm::pin, &storm, ++number);
  threads.emplace_back(&PublishStorm::write, &storm);
  storm.run.wait([&] {
    return storm.reads.load() >= kReadsMin && storm.pins.load() >= kPinsMin &&
           storm.published.load() >= kPublicationsMin;
  });
  for (std::thread& thread : threads) thread.join();
  storm.ages.print("publications");
  const auto number_of = [](const auto& n) { return static_cast<unsigned long long>(n.load()); };
  std::printf("%llu reads, %llu pins, %llu publications\n", number_of(storm.reads),
              number_of(storm.pins), number_of(storm.published));
  storm.expect_all_freed();
}

}  // namespace
}  // namespace lull::torture
