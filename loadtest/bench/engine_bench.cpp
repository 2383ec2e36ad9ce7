// What a lookup costs and what a record weighs, beside boost::unordered_flat_map and LMDB, and what
// the read section adds while a writer publishes. Rounds of all are alternated; the report takes
// medians. Usage: engine_bench RECORDS ROUNDS LOOKUPS
#include <lmdb.h>
#include <malloc.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "lull/base/clock.h"
#include "lull/rcu/published.h"
#include "sample_data.h"

namespace lull::bench {
namespace {

constexpr std::size_t kDraws = 1U << 20U;  // looked up in turn, drawn uniformly; every one is a hit

struct HashXxh3 {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept {
    return XXH3_64bits(key.data(), key.size());
  }
};
using FlatMap = boost::unordered_flat_map<std::string, std::string, HashXxh3, std::equal_to<>>;
using TablePtr = std::shared_ptr<const snapshot::Table>;
using MakeKey = std::string (*)(std::size_t);

volatile std::size_t sink = 0;  // keeps what was read from being optimised away

std::size_t malloced_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TablePtr build(std::size_t records, MakeKey make_key, bool indexed) {
  std::vector<snapshot::RecordChange> changes;
  changes.reserve(records);
  for (std::size_t i = 0; i < records; ++i) {
    changes.push_back(record_of(make_key(i), i, i % 1'000, indexed));
  }
  std::ranges::sort(changes, {}, &snapshot::RecordChange::key);
  snapshot::Table::Layout layout;
  if (indexed) layout.indexes = {"warehouse"};
  const auto empty = snapshot::TableBuilder::empty(std::move(layout), nullptr);
  return snapshot::TableBuilder::apply(empty, changes).value();
}

FlatMap build_flat(std::size_t records, MakeKey make_key) {
  FlatMap map;
  map.reserve(records);
  for (std::size_t i = 0; i < records; ++i) map.emplace(make_key(i), value_of(i, i % 1'000));
  return map;
}

/// CPU nanoseconds a lookup. `first_byte(key)` looks up and returns the first byte of the value,
/// which is '{': chained, the next key depends on it, so that no two misses overlap.
template <class FirstByte>
double time_lookups(const std::vector<std::string>& draws, std::size_t lookups, bool chained,
                    FirstByte first_byte) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  std::size_t sum = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < lookups; ++i) {
    const auto byte = static_cast<std::size_t>(first_byte(draws[at]));
    at = (chained ? at + 1 + byte - '{' : at + 1) % kDraws;
    sum += byte;
  }
  sink = sink + sum;
  return (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e9 / static_cast<double>(lookups);
}

void require(int code, const char* what) {
  if (code == 0) return;
  std::fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(code));
  std::exit(1);
}

/// LMDB with the same records, without syncing. One read transaction, renewed every 1,000 reads.
class Lmdb {
 public:
  Lmdb(std::size_t records, MakeKey make_key) {
    std::string path = std::filesystem::temp_directory_path() / "lull-engine-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) require(errno, "mkdtemp");
    path_ = path;
    require(mdb_env_create(&env_), "create");
    require(mdb_env_set_mapsize(env_, std::size_t{1} << 36U), "mapsize");
    require(mdb_env_open(env_, path.c_str(), MDB_NOSYNC | MDB_NOTLS, 0600), "open");
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(env_, nullptr, 0, &txn), "begin");
    require(mdb_dbi_open(txn, nullptr, 0, &dbi_), "dbi");
    for (std::size_t i = 0; i < records; ++i) {
      std::string key = make_key(i);
      std::string value = value_of(i, i % 1'000);
      MDB_val k{key.size(), key.data()};
      MDB_val v{value.size(), value.data()};
      require(mdb_put(txn, dbi_, &k, &v, 0), "put");
    }
    require(mdb_txn_commit(txn), "commit");
    require(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &read_), "read");
  }
  ~Lmdb() {
    mdb_txn_abort(read_);
    mdb_env_close(env_);
    std::filesystem::remove_all(path_);
  }
  Lmdb(const Lmdb&) = delete;
  Lmdb& operator=(const Lmdb&) = delete;

  char first_byte(const std::string& key) {
    if (++reads_ % 1'000 == 0) {
      mdb_txn_reset(read_);
      require(mdb_txn_renew(read_), "renew");
    }
    MDB_val k{key.size(), const_cast<char*>(key.data())};
    MDB_val v{};
    require(mdb_get(read_, dbi_, &k, &v), "get");
    return *static_cast<const char*>(v.mv_data);
  }

 private:
  std::filesystem::path path_;
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  MDB_txn* read_ = nullptr;
  std::size_t reads_ = 0;
};

std::vector<std::string> draw(std::size_t records, MakeKey make_key) {
  std::mt19937_64 random(records);
  std::vector<std::string> draws;
  draws.reserve(kDraws);
  for (std::size_t i = 0; i < kDraws; ++i) draws.push_back(make_key(random() % records));
  return draws;
}

void compare_lookups(std::size_t records, std::size_t rounds, std::size_t lookups) {
  const TablePtr table = build(records, short_key, false);
  const FlatMap flat = build_flat(records, short_key);
  Lmdb lmdb(records, short_key);
  const std::vector<std::string> draws = draw(records, short_key);
  const auto from_table = [&](const std::string& key) { return table->find(key)->json.front(); };
  const auto from_flat = [&](const std::string& key) {
    return flat.find(std::string_view(key))->second.front();
  };
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const bool chained : {false, true}) {
      print(chained ? "chained.lull" : "independent.lull", records,
            time_lookups(draws, lookups, chained, from_table));
      print(chained ? "chained.flat" : "independent.flat", records,
            time_lookups(draws, lookups, chained, from_flat));
    }
    print("independent.lmdb", records,
          time_lookups(draws, lookups / 4, false,
                       [&](const std::string& key) { return lmdb.first_byte(key); }));
  }
}

void compare_bytes(std::size_t records, const char* kind, MakeKey make_key) {
  const auto per_record = [&](std::size_t before) {
    return static_cast<double>(malloced_bytes() - before) / static_cast<double>(records);
  };
  std::size_t before = malloced_bytes();
  {
    const TablePtr table = build(records, make_key, false);
    print((std::string("bytes.lull.") + kind).c_str(), records, per_record(before));
  }
  before = malloced_bytes();
  const FlatMap flat = build_flat(records, make_key);
  print((std::string("bytes.flat.") + kind).c_str(), records, per_record(before));
}

struct Holder final : rcu::Reclaimable {
  explicit Holder(TablePtr held) : table(std::move(held)) {}
  const TablePtr table;
};

/// Publishes one changed record a hundred times a second for as long as it lives.
class Writer {
 public:
  Writer(TablePtr table, rcu::Published<Holder>& published, std::size_t records)
      : thread_([this, table = std::move(table), &published, records]() mutable {
          std::mt19937_64 random(7);
          while (!stop_.load(std::memory_order_relaxed)) {
            const std::size_t number = random() % records;
            const auto change = record_of(short_key(number), number, random() % 1'000, false);
            table = snapshot::TableBuilder::apply(table, {&change, 1}).value();
            published.publish(std::make_unique<Holder>(table));
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
          }
        }) {}
  ~Writer() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// The mean of so many threads that look up at once.
template <class Read>
double in_threads(std::size_t count, const Read& read) {
  std::vector<double> times(count);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&read, &time = times[i]] { time = read(); });
  }
  for (std::thread& thread : threads) thread.join();
  double sum = 0;
  for (const double time : times) sum += time;
  return sum / static_cast<double>(count);
}

/// What a read section and the load of the published pointer add to the same lookup without them.
void compare_sections(std::size_t records, std::size_t rounds, std::size_t lookups) {
  const SystemClock clock;
  rcu::Reclaimer reclaimer(clock);
  const TablePtr table = build(records, short_key, false);
  rcu::Published<Holder> published(std::make_unique<Holder>(table), reclaimer);
  const std::vector<std::string> draws = draw(records, short_key);
  const Writer writer(table, published, records);
  for (std::size_t round = 0; round < rounds; ++round) {
    for (const std::size_t threads : {1, 2}) {
      const std::string suffix = std::to_string(threads);
      print(("section.bare." + suffix).c_str(), records, in_threads(threads, [&] {
              return time_lookups(draws, lookups, false, [&](const std::string& key) {
                return table->find(key)->json.front();
              });
            }));
      print(("section.read." + suffix).c_str(), records, in_threads(threads, [&] {
              return time_lookups(draws, lookups, false, [&](const std::string& key) {
                return published.read(
                    [&](const Holder& holder) { return holder.table->find(key)->json.front(); });
              });
            }));
    }
  }
}

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: engine_bench RECORDS ROUNDS LOOKUPS\n");
    return 2;
  }
  const std::size_t records = std::strtoull(argv[1], nullptr, 10);
  const std::size_t rounds = std::strtoull(argv[2], nullptr, 10);
  const std::size_t lookups = std::strtoull(argv[3], nullptr, 10);
  lull::bench::compare_bytes(records, "short", lull::bench::short_key);
  lull::bench::compare_bytes(records, "uuid", lull::bench::uuid_key);
  lull::bench::compare_lookups(records, rounds, lookups);
  lull::bench::compare_sections(records, rounds, lookups);
}
