// Readers, batches and pins against a writer that publishes as fast as it may, on a toy of the same
// build as publish::View: a published object that holds counted bodies. Everything freed is
// poisoned, everything read is checked against itself, and reads dawdle at the worst moments: this
// is what run_mutants builds with each deliberate defect.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "lull/base/clock.h"
#include "lull/rcu/published.h"
#include "torture.h"
#include "toy.h"

namespace lull::torture {
namespace {

constexpr std::size_t kRetainedMax = 3;
constexpr std::uint64_t kPendingMax = 12;  // the writer waits beyond it
// While a section is open, all that was replaced since it began waits to be freed, and the writer
// lets kPendingMax wait: so no section sees anything older.
constexpr std::uint64_t kAgeMax = kPendingMax + 1;

constexpr std::uint64_t kReadsMin = 2000;
constexpr std::uint64_t kPinsMin = 200;
constexpr std::uint64_t kBatchesMin = 200;
constexpr std::uint64_t kPublicationsMin = 500;

class Storm {
 public:
  Storm() : published_(next(), reclaimer_) { published_generation.store(generation_); }

  void read(std::uint64_t thread);
  void batch(std::uint64_t thread);
  void pin(std::uint64_t thread);
  void write();

  Trial run;
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> pins{0};
  std::atomic<std::uint64_t> published_generation{0};
  Ages ages;

 private:
  [[nodiscard]] std::unique_ptr<Toy> next() {
    retained_.push_front(rcu::Pin<Body>::adopt(new Body(reclaimer_, deaths_, ++generation_)));
    if (retained_.size() > 1 + kRetainedMax) retained_.pop_back();
    std::vector<rcu::Pin<Body>> bodies;
    for (const auto& pin : retained_) bodies.push_back(pin.clone());
    if (generation_ % 5 == 0) bodies.resize(1);  // some views retain nothing
    return std::make_unique<Toy>(deaths_, std::move(bodies));
  }

  void check(const Body& body, const char* who) {
    if (const char* const fault = body.fault()) run.finding(std::string(who) + " saw a " + fault);
  }
  /// Checks all that a reader can reach through a toy.
  void check(const Toy& toy, const char* who) {
    if (const char* const fault = toy.fault()) run.finding(std::string(who) + " saw a " + fault);
  }
  /// Stays until the writer has gone on for a while.
  void dawdle_over(std::uint64_t publications, std::chrono::microseconds longest) {
    const std::uint64_t begun = published_generation.load(std::memory_order_relaxed);
    dawdle(longest, [&] {
      return run.stopped() ||
             published_generation.load(std::memory_order_relaxed) >= begun + publications;
    });
  }

  SystemClock clock_;
  Deaths deaths_;
  rcu::Reclaimer reclaimer_{clock_};
  std::uint64_t generation_ = 0;         // the writer
  std::deque<rcu::Pin<Body>> retained_;  // the writer
  rcu::Published<Toy> published_;
};

void Storm::read(std::uint64_t thread) {
  auto choose = choices(thread);
  while (!run.stopped()) {
    const bool slow = choose() % 16 == 0;
    const std::uint64_t publications = 1 + choose() % 8;
    const std::uint64_t age = published_.read([&](const Toy& toy) {
      const std::uint64_t generation = toy.newest_first.front()->generation;
      if (slow) dawdle_over(publications, std::chrono::milliseconds(2));
      check(toy, "a read");
      if (toy.deaths.newest_toy.load(std::memory_order_relaxed) >= toy.generation) {
        run.finding("a read saw its data's place freed");
      }
      return published_generation.load(std::memory_order_relaxed) - generation;
    });
    // The toy may be newer than what the writer has announced: published first, announced after.
    if (age != ~std::uint64_t{0}) {
      ages.count(age);
      if (age > kAgeMax) run.finding("a section saw data of age " + std::to_string(age));
    }
    reads.fetch_add(1, std::memory_order_relaxed);
  }
}

// Lookups one by one with the writer at work between them must all come from one generation.
void Storm::batch(std::uint64_t thread) {
  auto choose = choices(thread);
  while (!run.stopped()) {
    const std::size_t first = choose() % kCells;
    std::array<std::uint64_t, 4> found{};
    {
      const rcu::ReadSection section;
      const Body& body = *published_.get(section).newest_first.front();
      for (std::size_t i = 0; i < found.size(); ++i) {
        found[i] = body.cells[(first + i * 7) % kCells];
        if (i % 2 == 0) std::this_thread::yield();
      }
      check(body, "a batch");
    }
    for (const std::uint64_t generation : found) {
      if (generation != found.front()) run.finding("a batch mixed two generations");
    }
    batches.fetch_add(1, std::memory_order_relaxed);
  }
}

void Storm::pin(std::uint64_t thread) {
  auto choose = choices(thread);
  struct Held {
    rcu::Pin<Body> pin;
    std::uint64_t generation;
  };
  std::deque<Held> held;
  while (!run.stopped()) {
    const bool slow = choose() % 4 == 0;
    const std::size_t which = choose();
    auto pin = published_.pin([&](const Toy& toy) -> const Body& {
      if (slow) dawdle_over(3, std::chrono::milliseconds(2));
      return *toy.newest_first[which % toy.newest_first.size()];
    });
    held.push_back({std::move(pin), 0});
    held.back().generation = held.back().pin->generation;
    pins.fetch_add(1, std::memory_order_relaxed);
    if (choose() % 8 == 0) dawdle_over(kRetainedMax + 4, std::chrono::milliseconds(4));
    for (const Held& hold : held) {
      check(*hold.pin, "a pin");
      if (hold.pin->generation != hold.generation) run.finding("a pinned body changed");
    }
    while (held.size() > choose() % 6) held.pop_front();
  }
}

void Storm::write() {
  while (!run.stopped()) {
    if (reclaimer_.stats().pending > kPendingMax) {
      std::this_thread::yield();
      continue;
    }
    published_.publish(next());
    published_generation.store(generation_, std::memory_order_relaxed);
  }
}

TEST(Torture, ReadersBatchesAndPinsAgainstAStormOfPublications) {
  Storm storm;
  std::vector<std::thread> threads;
  std::uint64_t number = 0;
  for (int i = 0; i < 3; ++i) threads.emplace_back(&Storm::read, &storm, ++number);
  for (int i = 0; i < 2; ++i) threads.emplace_back(&Storm::pin, &storm, ++number);
  threads.emplace_back(&Storm::batch, &storm, ++number);
  threads.emplace_back(&Storm::write, &storm);
  storm.run.wait([&] {
    return storm.reads.load() >= kReadsMin && storm.batches.load() >= kBatchesMin &&
           storm.pins.load() >= kPinsMin && storm.published_generation.load() >= kPublicationsMin;
  });
  for (std::thread& thread : threads) thread.join();
  storm.ages.print("publications");
  const auto number_of = [](const auto& n) { return static_cast<unsigned long long>(n.load()); };
  std::printf("%llu reads, %llu batches, %llu pins, %llu publications\n", number_of(storm.reads),
              number_of(storm.batches), number_of(storm.pins),
              number_of(storm.published_generation));
}

}  // namespace
}  // namespace lull::torture
