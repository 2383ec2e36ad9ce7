// Measures one way to share a map at one share of writes, and prints what came out as one line of
// JSON. report.py runs it for each.
//
//   inflection --store lull --keys 100000 --readers 2 --writes 1
#include <CLI/CLI.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <unordered_map>

#include "clone_store.h"
#include "driver.h"
#include "lmdb_store.h"
#include "locked_store.h"
#include "lull_store.h"

namespace lull::inflection {
namespace {

using NodeMap = std::unordered_map<std::string, std::string, KeyHash, std::equal_to<>>;
using FlatMap = boost::unordered_flat_map<std::string, std::string, KeyHash, std::equal_to<>>;

template <Store S>
void run(const Settings& settings) {
  const Keys keys(settings.keys);
  S store(keys, settings);
  Control control;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  const Outcome out = measure(store, keys, settings, control, workers, threads);
  std::printf(
      "{\"seconds\": %.4f, \"reads\": %lu, \"writes\": %lu, \"publications\": %lu, \"wrong\": %lu, "
      "\"samples\": %lu, \"every\": %u, \"p50_ns\": %lu, \"p99_ns\": %lu, \"peak_bytes\": %lu}\n",
      out.seconds, out.reads, out.writes, out.publications, out.wrong, out.samples, out.every,
      out.p50_ns, out.p99_ns, out.peak_bytes);
  std::fflush(stdout);
  // A thousand threads that each wait to clone a large map would take minutes to come home.
  std::_Exit(out.wrong == 0 ? 0 : 1);
}

const std::map<std::string, std::function<void(const Settings&)>> kStores{
    {"lull", run<LullStore>},
    {"mutex-std", run<LockedStore<NodeMap>>},
    {"mutex-boost", run<LockedStore<FlatMap>>},
    {"clone", run<CloneStore<FlatMap>>},
    {"lmdb", run<LmdbStore>},
};

}  // namespace
}  // namespace lull::inflection

int main(int argc, char** argv) {
  lull::inflection::Settings settings;
  CLI::App app("One way to share a map, at one share of writes");
  app.add_option("--store", settings.store)
      ->required()
      ->check(CLI::IsMember(lull::inflection::kStores));
  app.add_option("--directory", settings.directory, "an empty one, for lmdb");
  app.add_option("--keys", settings.keys)->check(CLI::Range(1, 99'999'999));
  app.add_option("--readers", settings.readers)->check(CLI::Range(1, 10'000));
  app.add_option("--writes", settings.writes_percent, "percent of all operations")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--seconds", settings.seconds);
  app.add_option("--warm-up", settings.warm_up_seconds, "seconds");
  app.add_option("--queue", settings.queue_max, "writes that may wait for Lull's writer");
  CLI11_PARSE(app, argc, argv);
  lull::inflection::kStores.at(settings.store)(settings);
}
