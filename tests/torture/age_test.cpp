// The age of what readers see, after liburcu's rcutorture: elements are never freed, but count how
// many grace periods have begun since they were replaced. Inside one section that may be 0 or 1
// (the grace period that waits for this very section); 2 means that a grace period did not wait.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "lull/rcu/read_section.h"
#include "torture.h"

namespace lull::torture {
namespace {

constexpr std::size_t kElements = 16;  // reused in turn: the oldest is 15 grace periods old
constexpr int kReaders = 3;
constexpr std::uint64_t kReadsMin = 2000;
constexpr std::uint64_t kGracePeriodsMin = 200;

struct Element {
  std::atomic<std::uint32_t> age{0};  // the writer
};

TEST(Torture, NoSectionSeesAGracePeriodEnd) {
  std::array<Element, kElements> elements;
  std::atomic<Element*> current{&elements[0]};
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> periods{0};
  Ages ages;
  Trial run;

  const auto read = [&](std::uint64_t thread) {
    auto choose = choices(thread);
    while (!run.stopped()) {
      const rcu::ReadSection section;
      const Element& element = *current.load(std::memory_order_acquire);
      if (choose() % 8 == 0) {  // stay until a wrong grace period has had its chance
        const std::uint64_t begun = periods.load(std::memory_order_relaxed);
        dawdle(std::chrono::microseconds(300),
               [&] { return periods.load(std::memory_order_relaxed) > begun + 3; });
      }
      const std::uint32_t age = element.age.load(std::memory_order_relaxed);
      ages.count(age);
      if (age > 1) run.finding("a section saw an element of age " + std::to_string(age));
      reads.fetch_add(1, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kReaders; ++i) threads.emplace_back(read, i);
  threads.emplace_back([&] {
    for (std::size_t next = 1; !run.stopped(); next = (next + 1) % kElements) {
      Element* const old = current.load(std::memory_order_relaxed);
      elements[next].age.store(0, std::memory_order_relaxed);
      current.store(&elements[next], std::memory_order_release);
      for (Element& element : elements) {
        if (&element == old || element.age.load(std::memory_order_relaxed) > 0) {
          if (&element != &elements[next]) element.age.fetch_add(1, std::memory_order_relaxed);
        }
      }
      rcu::synchronize();
      periods.fetch_add(1, std::memory_order_relaxed);
    }
  });
  run.wait([&] { return reads.load() >= kReadsMin && periods.load() >= kGracePeriodsMin; });
  for (std::thread& thread : threads) thread.join();
  ages.print("grace periods");
  std::printf("%llu reads, %llu grace periods\n", static_cast<unsigned long long>(reads.load()),
              static_cast<unsigned long long>(periods.load()));
}

}  // namespace
}  // namespace lull::torture
