// What it costs to publish a change of a table: CPU of the thread that builds, and the writer's
// time, up to the swap. Usage: publish_bench RECORDS CHANGES SECONDS
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "lull/publish/publisher.h"
#include "sample_data.h"

namespace lull::bench {
namespace {

using Steady = std::chrono::steady_clock;
using snapshot::RecordChange;
using TablePtr = std::shared_ptr<const snapshot::Table>;

constexpr std::size_t kArrivalsPerSecond = 10'000;

class Bench {
 public:
  explicit Bench(std::size_t records) : records_(records) {
    publish::CollectionSpec spec;
    spec.name = "inventory";
    spec.kind = snapshot::CollectionKind::kTable;
    publish::PublisherOptions options;
    options.snapshot_bytes_alive_max = std::uint64_t{64} << 30U;  // a rebuild holds two tables
    publisher_ = publish::Publisher::open(options, {spec}, clock_).value();
    publisher_->observe([this](const publish::Publication& publication) {
      writer_seconds_.store(writer_seconds_.load(std::memory_order_relaxed) + publication.seconds,
                            std::memory_order_relaxed);
    });
  }

  void run(std::size_t changes, std::size_t seconds);

 private:
  TablePtr empty() const {
    return snapshot::TableBuilder::empty({{"warehouse"}}, publisher_->account());
  }
  /// Keys are even numbers, so that odd ones can be inserted.
  [[nodiscard]] RecordChange record(std::size_t number, std::size_t available) const {
    return record_of(short_key(number), number, available, true);
  }
  [[nodiscard]] std::size_t drawn() { return 2 * (random_() % records_); }
  /// One with the same value of the index if `same_index`.
  [[nodiscard]] RecordChange changed(bool same_index) {
    const std::size_t number = drawn();
    RecordChange out = record(number, ++generation_ * (same_index ? kWarehouses : 1));
    return out;
  }

  void publish(const TablePtr& base, std::span<const RecordChange> changes);
  template <class Make>
  void measure(const char* name, std::size_t count, Make make);
  void arrive_one_by_one(std::size_t seconds);

  const std::size_t records_;
  const SystemClock clock_;
  std::atomic<double> writer_seconds_{0};
  std::unique_ptr<publish::Publisher> publisher_;
  TablePtr table_;
  std::mt19937_64 random_{20261126};
  std::size_t generation_ = 1'000;
};

void Bench::publish(const TablePtr& base, std::span<const RecordChange> changes) {
  table_ = snapshot::TableBuilder::apply(base, changes).value();
  const Revision at = publisher_->view().read(
      [](const publish::View& view) { return view.current().find("inventory")->changed_at; });
  publisher_->submit_and_wait({"inventory", at, table_, "", 0}).value();
}

/// The median of so many publications, each of what `make` returns.
template <class Make>
void Bench::measure(const char* name, std::size_t count, Make make) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<RecordChange> changes = make();
    const double writer = writer_seconds_.load(std::memory_order_relaxed);
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    publish(table_, changes);
    const double builder = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    times.push_back(builder + writer_seconds_.load(std::memory_order_relaxed) - writer);
  }
  std::ranges::sort(times);
  print(name, records_, times[times.size() / 2] * 1e6);
}

void Bench::run(std::size_t count, std::size_t seconds) {
  std::vector<RecordChange> all;
  all.reserve(records_);
  for (std::size_t i = 0; i < records_; ++i) all.push_back(record(2 * i, i % 1'000 * kWarehouses));
  table_ = empty();
  for (int round = 0; round < 2; ++round) {
    const double writer = writer_seconds_.load(std::memory_order_relaxed);
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    publish(empty(), all);
    print("rebuild", records_,
          (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start +
           writer_seconds_.load(std::memory_order_relaxed) - writer) *
              1e6);
  }
  all.clear();
  all.shrink_to_fit();
  for (int round = 0; round < 3; ++round) {
    measure("value", count, [this] { return std::vector<RecordChange>{changed(true)}; });
    measure("value_and_index", count, [this] { return std::vector<RecordChange>{changed(false)}; });
    std::deque<std::size_t> inserted;
    measure("insert", count, [&] {
      const std::size_t number = drawn() + 1;
      inserted.push_back(number);
      return std::vector<RecordChange>{record(number, ++generation_)};
    });
    measure("delete", inserted.size(), [&] {
      const std::string key = short_key(inserted.front());
      inserted.pop_front();
      return std::vector<RecordChange>{{key, std::nullopt}};
    });
    measure("thousand", std::max<std::size_t>(count / 20, 5), [this] {
      std::map<std::string, RecordChange> changes;
      while (changes.size() < std::min<std::size_t>(1'000, records_ / 2)) {
        RecordChange change = changed(true);
        changes.insert_or_assign(change.key, change);
      }
      std::vector<RecordChange> out;
      for (auto& [key, change] : changes) out.push_back(std::move(change));
      return out;
    });
  }
  arrive_one_by_one(seconds);
}

/// Changes arrive at a fixed rate; what arrived while one publication was made goes into the next.
void Bench::arrive_one_by_one(std::size_t seconds) {
  struct Arrival {
    Steady::time_point at;
    RecordChange change;
  };
  std::mutex mutex;
  std::vector<Arrival> waiting;
  const std::size_t count = kArrivalsPerSecond * seconds;
  std::thread source([&] {
    const auto start = Steady::now();
    for (std::size_t i = 0; i < count; ++i) {
      const auto due = start + std::chrono::nanoseconds(1'000'000'000 / kArrivalsPerSecond) * i;
      if (due > Steady::now()) std::this_thread::sleep_until(due);
      const std::lock_guard lock(mutex);
      waiting.push_back({due, changed(true)});
    }
  });
  std::vector<double> milliseconds;
  std::size_t publications = 0;
  while (milliseconds.size() < count) {
    std::vector<Arrival> taken;
    {
      const std::lock_guard lock(mutex);
      taken.swap(waiting);
    }
    if (taken.empty()) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      continue;
    }
    std::map<std::string, RecordChange> last;
    for (const Arrival& arrival : taken) last.insert_or_assign(arrival.change.key, arrival.change);
    std::vector<RecordChange> changes;
    for (auto& [key, change] : last) changes.push_back(std::move(change));
    publish(table_, changes);
    ++publications;
    const auto now = Steady::now();
    for (const Arrival& arrival : taken) {
      milliseconds.push_back(std::chrono::duration<double, std::milli>(now - arrival.at).count());
    }
  }
  source.join();
  std::ranges::sort(milliseconds);
  print("arrival_p99_ms", records_, milliseconds[milliseconds.size() * 99 / 100]);
  print("arrival_max_ms", records_, milliseconds.back());
  print("arrival_changes_a_publication", records_,
        static_cast<double>(count) / static_cast<double>(publications));
}

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: publish_bench RECORDS CHANGES SECONDS\n");
    return 2;
  }
  lull::bench::Bench bench(std::strtoull(argv[1], nullptr, 10));
  bench.run(std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10));
}
