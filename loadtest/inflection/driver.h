// The same closed loop for every store: each thread draws a key and whether to read or write it.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <latch>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "data.h"
#include "samples.h"
#include "store.h"

namespace lull::inflection {

/// What one thread did so far: it writes, the main thread looks.
struct alignas(64) Worker {
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> wrong{0};  ///< Reads that found nothing, or the value of another key.
  Samples samples;
};

/// What the main thread tells the others.
struct Control {
  std::atomic<bool> begin{false};
  std::atomic<bool> measuring{false};
  std::atomic<bool> stop{false};
  std::atomic<std::uint32_t> every{1};  ///< One in so many reads is timed.
};

struct Counts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;  ///< That are visible.
  std::uint64_t publications = 0;
  std::chrono::steady_clock::time_point time = std::chrono::steady_clock::now();
};

struct Outcome {
  double seconds = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t publications = 0;
  std::uint64_t wrong = 0;
  std::uint64_t samples = 0;
  std::uint32_t every = 0;
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t peak_bytes = 0;
};

inline void add_one(std::atomic<std::uint64_t>& own) noexcept {
  own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// One thread's operations, until it is told to stop.
template <Store S>
void work(S& store, const Keys& keys, const Control& control, Worker& worker, std::uint64_t seed,
          std::uint64_t write_below) {
  using Time = std::chrono::steady_clock;
  typename S::Reader reader(store);
  Random random(seed);
  std::uint32_t until_timed = 1;
  const auto read = [&](std::string_view key) {
    const auto right = [key](std::string_view value) { return belongs(value, key); };
    if (!store.read(reader, key, right)) add_one(worker.wrong);
    add_one(worker.reads);
  };
  while (!control.stop.load(std::memory_order_relaxed)) {
    const std::uint64_t draw = random.next();
    const std::string_view key = keys[((draw & 0xffffffffU) * keys.size()) >> 32U];
    if (draw >> 32U < write_below) {
      store.write(key, value_of(key, draw));
      add_one(worker.writes);
    } else if (--until_timed > 0) {
      read(key);
    } else {
      until_timed = control.every.load(std::memory_order_relaxed);
      const Time::time_point start = Time::now();
      read(key);
      const std::chrono::nanoseconds taken = Time::now() - start;
      if (control.measuring.load(std::memory_order_relaxed)) {
        worker.samples.add(static_cast<std::uint64_t>(taken.count()));
      }
    }
  }
}

template <Store S>
Counts count(const S& store, const std::vector<std::unique_ptr<Worker>>& workers) {
  Counts out;
  for (const auto& worker : workers) {
    out.reads += worker->reads.load(std::memory_order_relaxed);
    out.writes += worker->writes.load(std::memory_order_relaxed);
  }
  if constexpr (CountsVisible<S>) {
    out.writes = store.visible();
    out.publications = store.publications();
  }
  out.time = std::chrono::steady_clock::now();
  return out;
}

/// Times as many reads as a p99 needs, and no more: the clock costs as much as a quick read.
inline std::uint32_t timed_every(double reads_expected, std::size_t readers) {
  constexpr double kSamples = 20'000;
  constexpr double kSamplesOfAThread = 100;
  const double wanted = std::max(kSamples, kSamplesOfAThread * static_cast<double>(readers));
  const double every = std::clamp(reads_expected / wanted, 1.0, 64.0);
  return std::bit_floor(static_cast<std::uint32_t>(every));
}

/// Sleeps until the store has published so often, or too much time has passed.
template <CountsVisible S>
void await_publications(const S& store, std::uint64_t wanted, double seconds_max) {
  using Time = std::chrono::steady_clock;
  const auto limit = Time::now() + std::chrono::duration<double>(seconds_max);
  while (store.publications() < wanted && Time::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// The counts at both ends of a window. Where writes become visible in batches it goes from the end
/// of one to the end of another, and holds at least four: a part of one would be counted as nothing
/// or as all of it.
template <Store S>
std::pair<Counts, Counts> window(const S& store,
                                 const std::vector<std::unique_ptr<Worker>>& workers,
                                 const Settings& settings) {
  constexpr std::uint64_t kPublications = 4;
  const bool batches = CountsVisible<S> && settings.writes_percent > 0;
  if constexpr (CountsVisible<S>) {
    if (batches) await_publications(store, store.publications() + 1, 4 * settings.seconds);
  }
  const Counts before = count(store, workers);
  std::this_thread::sleep_for(std::chrono::duration<double>(settings.seconds));
  if constexpr (CountsVisible<S>) {
    const std::uint64_t wanted =
        std::max(before.publications + kPublications, store.publications() + 1);
    if (batches) await_publications(store, wanted, 8 * settings.seconds);
  }
  return {before, count(store, workers)};
}

/// Starts the threads, lets them run warm, measures, and tells them to stop. They may take long to
/// notice, each in its write behind all the others: they are given back still running.
template <Store S>
Outcome measure(S& store, const Keys& keys, const Settings& settings, Control& control,
                std::vector<std::unique_ptr<Worker>>& workers, std::vector<std::thread>& threads) {
  const auto write_below = static_cast<std::uint64_t>(settings.writes_percent / 100 * 0x1p32);
  std::latch ready(static_cast<std::ptrdiff_t>(settings.readers));
  for (std::size_t i = 0; i < settings.readers; ++i) {
    Worker& worker = *workers.emplace_back(std::make_unique<Worker>());
    threads.emplace_back([&, i] {
      ready.count_down();
      control.begin.wait(false);
      work(store, keys, control, worker, i + 1, write_below);
    });
  }
  ready.wait();
  control.begin = true;
  control.begin.notify_all();
  // Threads still start in the first half, and every read is timed in the second.
  const std::chrono::duration<double> half(settings.warm_up_seconds / 2);
  std::this_thread::sleep_for(half);
  const Counts start = count(store, workers);
  std::this_thread::sleep_for(half);
  const Counts warm = count(store, workers);
  const std::chrono::duration<double> warm_up = warm.time - start.time;
  const double expected = static_cast<double>(warm.reads) / warm_up.count() * settings.seconds;
  control.every = timed_every(expected, settings.readers);
  control.measuring = true;
  const auto [before, after] = window(store, workers, settings);
  control.measuring = false;
  control.stop = true;

  Outcome out;
  out.seconds = std::chrono::duration<double>(after.time - before.time).count();
  out.reads = after.reads - before.reads;
  out.writes = after.writes - before.writes;
  out.publications = after.publications - before.publications;
  std::vector<std::uint64_t> times(kBuckets);
  for (const auto& worker : workers) {
    worker->samples.add_to(times);
    out.wrong += worker->wrong.load();
  }
  for (const std::uint64_t bucket : times) out.samples += bucket;
  out.every = control.every;
  out.p50_ns = percentile(times, 50);
  out.p99_ns = percentile(times, 99);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  out.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return out;
}

}  // namespace lull::inflection
