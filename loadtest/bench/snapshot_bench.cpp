// Tables and documents by themselves, one thread: lookup, one change, a page. Ratios to std::map
// stand beside the lookups, because absolute times are only notes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lull/snapshot/document.h"
#include "lull/snapshot/table.h"

namespace lull::snapshot {
namespace {

constexpr std::size_t kDraws = 1U << 16U;  // keys drawn before the loop, uniformly
constexpr std::size_t kWarehouses = 100;

std::string key_of(std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 8 - digits.size(), '0');
  return "SKU-" + digits;
}

RecordChange record_of(std::size_t number, std::size_t available) {
  const std::string warehouse = "w" + std::to_string(number % kWarehouses);
  RecordInput record{
      .key = key_of(number), .json = {}, .index_values = {warehouse}, .quantity = {}};
  record.quantity = static_cast<std::int64_t>(available);
  record.json = "{\"available\":" + std::to_string(available) + ",\"name\":\"article number " +
                std::to_string(number) + "\",\"price\":12.50,\"sku\":\"" + record.key +
                "\",\"warehouse\":\"" + warehouse + "\"}";
  return {record.key, std::move(record)};
}

struct Sample {
  std::shared_ptr<MemoryAccount> account = std::make_shared<MemoryAccount>();
  std::shared_ptr<const Table> table = TableBuilder::empty({{"warehouse"}}, account);
  std::vector<std::string> draws;
};

/// Built once for each size: every second number is a key.
const Sample& sample(std::size_t records) {
  static std::map<std::size_t, Sample> samples;
  Sample& out = samples[records];
  if (out.table->size() == records) return out;
  std::vector<RecordChange> changes;
  std::size_t payload_bytes = 0;
  for (std::size_t i = 0; i < records; ++i) {
    changes.push_back(record_of(2 * i, i % 1'000));
    payload_bytes += changes.back().key.size() + changes.back().record->json.size();
  }
  out.table = TableBuilder::apply(out.table, changes).value();
  std::mt19937_64 random(records);
  for (std::size_t i = 0; i < kDraws; ++i) out.draws.push_back(key_of(2 * (random() % records)));
  std::printf(
      "%zu records: key 12 bytes, key and value %.0f bytes in the mean, 1 index of %zu values, "
      "%.0f "
      "bytes a record in memory\n",
      records, static_cast<double>(payload_bytes) / static_cast<double>(records), kWarehouses,
      static_cast<double>(out.account->bytes()) / static_cast<double>(records));
  return out;
}

std::size_t records_of(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

void find(benchmark::State& state) {
  const Sample& data = sample(records_of(state));
  std::size_t i = 0;
  for (auto _ : state) {
    const auto found = data.table->find(data.draws[i++ % kDraws]);
    if (!found) state.SkipWithError("a key is missing");
    benchmark::DoNotOptimize(found->json.front());
  }
}

void find_missing(benchmark::State& state) {
  const Sample& data = sample(records_of(state));
  std::vector<std::string> missing = data.draws;
  for (std::string& key : missing) ++key.back();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(data.table->find(missing[i++ % kDraws]));
}

void find_in_std_map(benchmark::State& state) {
  const Sample& data = sample(records_of(state));
  std::map<std::string, std::string, std::less<>> map;
  for (std::size_t i = 0; i < records_of(state); ++i) {
    RecordChange change = record_of(2 * i, i % 1'000);
    map.emplace_hint(map.end(), std::move(change.key), std::move(change.record->json));
  }
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(map.find(data.draws[i++ % kDraws])->second.front());
}

/// Applies one-change sets to the same base; the result is dropped at once.
void apply_each(benchmark::State& state, const std::vector<RecordChange>& changes) {
  const Sample& data = sample(records_of(state));
  std::size_t i = 0;
  for (auto _ : state) {
    const auto next =
        TableBuilder::apply(data.table, std::span(&changes[i++ % changes.size()], 1)).value();
    if (next == data.table) state.SkipWithError("nothing changed");
    benchmark::DoNotOptimize(next.get());
  }
}

void apply_value(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::vector<RecordChange> changes;
  for (int i = 0; i < 1'000; ++i)
    changes.push_back(record_of(2 * (random() % records_of(state)), 1'000));
  apply_each(state, changes);
}

void apply_insert(benchmark::State& state) {
  std::mt19937_64 random(2);
  std::vector<RecordChange> changes;
  for (int i = 0; i < 1'000; ++i)
    changes.push_back(record_of(2 * (random() % records_of(state)) + 1, 7));
  apply_each(state, changes);
}

void apply_remove(benchmark::State& state) {
  std::mt19937_64 random(3);
  std::vector<RecordChange> changes;
  for (int i = 0; i < 1'000; ++i) {
    changes.push_back({key_of(2 * (random() % records_of(state))), std::nullopt});
  }
  apply_each(state, changes);
}

void apply_thousand(benchmark::State& state) {
  const Sample& data = sample(records_of(state));
  std::vector<RecordChange> changes;
  for (std::size_t i = 0; i < 1'000; ++i) {
    changes.push_back(record_of(2 * (i * records_of(state) / 1'000), 1'000));
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(TableBuilder::apply(data.table, changes)->get());
  }
}

void build_all(benchmark::State& state) {
  std::vector<RecordChange> changes;
  for (std::size_t i = 0; i < records_of(state); ++i)
    changes.push_back(record_of(2 * i, i % 1'000));
  const auto empty = TableBuilder::empty({{"warehouse"}}, nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(TableBuilder::apply(empty, changes)->get());
}

void page_of_100(benchmark::State& state, bool where) {
  const Sample& data = sample(records_of(state));
  const std::vector<PageRequest::Where> wheres = {{"warehouse", "w42"}};
  PageRequest request;
  if (where) request.where = wheres;
  std::size_t i = 0;
  std::size_t visited = 0;
  for (auto _ : state) {
    request.after = data.draws[i++ % kDraws];
    const auto end = data.table->page(request, [&visited](const RecordView& record) {
      benchmark::DoNotOptimize(record.json.data());
      ++visited;
    });
    benchmark::DoNotOptimize(end);
  }
  state.counters["records"] =
      benchmark::Counter(static_cast<double>(visited), benchmark::Counter::kAvgIterations);
}

void page_by_key(benchmark::State& state) {
  page_of_100(state, false);
}
void page_by_index(benchmark::State& state) {
  page_of_100(state, true);
}

/// A document of `range` sections with 10 members each; pointers of three segments.
void find_in_document(benchmark::State& state) {
  DocumentBuilder builder("bench");
  std::vector<std::string> pointers;
  builder.begin_object({});
  for (std::int64_t section = 0; section < state.range(0); ++section) {
    builder.key("section-" + std::to_string(section));
    builder.begin_object({});
    builder.key("values");
    builder.begin_object({});
    for (int member = 0; member < 10; ++member) {
      builder.key("member-" + std::to_string(member));
      builder.string("value", {});
      pointers.push_back("section-" + std::to_string(section) + "/values/member-" +
                         std::to_string(member));
    }
    builder.end_object();
    builder.end_object();
  }
  builder.end_object();
  const auto document = builder.finish();
  std::shuffle(pointers.begin(), pointers.end(), std::mt19937_64(1));
  std::size_t i = 0;
  for (auto _ : state) {
    const auto node = document->find(pointers[i++ % pointers.size()]);
    if (!node) state.SkipWithError("a node is missing");
    benchmark::DoNotOptimize(document->text(*node).front());
  }
}

constexpr auto kNs = benchmark::kNanosecond;
constexpr auto kUs = benchmark::kMicrosecond;
BENCHMARK(find)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(kNs);
BENCHMARK(find_missing)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(kNs);
BENCHMARK(find_in_std_map)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(kNs);
BENCHMARK(find_in_document)->Arg(3)->Arg(100)->Arg(10'000)->Unit(kNs);
BENCHMARK(page_by_key)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(kUs);
BENCHMARK(page_by_index)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(kUs);
BENCHMARK(apply_value)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(kUs);
BENCHMARK(apply_insert)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(kUs);
BENCHMARK(apply_remove)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(kUs);
BENCHMARK(apply_thousand)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(kUs);
BENCHMARK(build_all)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lull::snapshot

BENCHMARK_MAIN();
