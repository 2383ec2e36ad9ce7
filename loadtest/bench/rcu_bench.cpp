// What a synchronised read costs: CPU time of the reading thread for one read. That is the column
// "Time" for the flavours and the column "CPU" for the rest.
//
//   rcu_bench                                            all, at 1 and 2 threads
//   rcu_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "flavour.h"
#include "lull/rcu/published.h"

namespace lull::bench {
namespace {

constexpr std::uint64_t kSections = 1 << 20;
constexpr std::size_t kKeys = 1024;  // eight bytes each: the lookup stays in the first-level cache

void flavour(benchmark::State& state, std::int64_t (*sections)(std::uint64_t)) {
  for ([[maybe_unused]] auto _ : state) {
    // Times the threads, because the library divides by them: the line is what one section costs.
    const auto nanoseconds = static_cast<double>(sections(kSections) * state.threads());
    state.SetIterationTime(nanoseconds / 1e9 / kSections);
  }
}
BENCHMARK_CAPTURE(flavour, bp, sections_bp)->UseManualTime()->Iterations(20)->ThreadRange(1, 2);
BENCHMARK_CAPTURE(flavour, memb, sections_memb)->UseManualTime()->Iterations(20)->ThreadRange(1, 2);
BENCHMARK_CAPTURE(flavour, qsbr, sections_qsbr)->UseManualTime()->Iterations(20)->ThreadRange(1, 2);
BENCHMARK_CAPTURE(flavour, mb, sections_mb)->UseManualTime()->Iterations(20)->ThreadRange(1, 2);

struct Data final : rcu::Reclaimable {
  Data() {
    for (std::size_t i = 0; i < kKeys; ++i) values[i] = i * 31;
  }
  std::array<std::uint64_t, kKeys> values{};
};

/// The same lookup for all ways to reach the data.
class Keys {
 public:
  [[nodiscard]] std::uint64_t find_next(const Data& data) {
    key_ = (key_ * 5 + 1) % kKeys;
    return data.values[key_];
  }

 private:
  std::uint64_t key_ = 1;
};

void bare(benchmark::State& state) {
  static const Data data;
  Keys keys;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(keys.find_next(data));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(bare)->ThreadRange(1, 2);

void pointer_load(benchmark::State& state) {
  static const Data data;
  static std::atomic<const Data*> pointer{&data};
  Keys keys;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(keys.find_next(*pointer.load(std::memory_order_acquire)));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(pointer_load)->ThreadRange(1, 2);

void published_get(benchmark::State& state) {
  static SystemClock clock;
  static rcu::Reclaimer reclaimer(clock);
  static const rcu::Published<Data> published(std::make_unique<Data>(), reclaimer);
  Keys keys;
  for ([[maybe_unused]] auto _ : state) {
    const rcu::ReadSection section;
    benchmark::DoNotOptimize(keys.find_next(published.get(section)));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(published_get)->ThreadRange(1, 2);

void shared_mutex(benchmark::State& state) {
  static std::shared_mutex mutex;
  static const Data data;
  Keys keys;
  for ([[maybe_unused]] auto _ : state) {
    const std::shared_lock lock(mutex);
    benchmark::DoNotOptimize(keys.find_next(data));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(shared_mutex)->ThreadRange(1, 2);

void atomic_shared_ptr(benchmark::State& state) {
  static std::atomic<std::shared_ptr<const Data>> pointer{std::make_shared<const Data>()};
  Keys keys;
  for ([[maybe_unused]] auto _ : state) {
    const std::shared_ptr<const Data> data = pointer.load();
    benchmark::DoNotOptimize(keys.find_next(*data));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(atomic_shared_ptr)->ThreadRange(1, 2);

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) {
  benchmark::AddCustomContext("keys", "1024 of 8 bytes, all hit, no writer");
  benchmark::AddCustomContext("membarrier", lull::rcu::uses_membarrier() ? "yes" : "no");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
