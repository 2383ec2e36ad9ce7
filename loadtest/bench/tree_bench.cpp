// What one changed document of a tree costs: CPU of the thread that parses, merges and builds, and
// the writer's time, up to the swap; and a read. Usage: tree_bench DOCUMENTS CHANGES
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>

#include "lull/publish/loader.h"
#include "sample_data.h"

namespace lull::bench {
namespace {

constexpr std::size_t kRounds = 3;
constexpr std::size_t kReads = 1'000'000;

publish::CollectionSpec spec() {
  publish::CollectionSpec out;
  out.name = "config";
  out.kind = snapshot::CollectionKind::kTree;
  out.profiles = {"prod"};
  out.effective_documents_max = 1'000'000;
  return out;
}

class Bench {
 public:
  explicit Bench(std::size_t documents) : apps_((documents - 1) / 2), documents_(documents) {
    publisher_ = publish::Publisher::open({}, {spec_}, clock_).value();
    publisher_->observe([this](const publish::Publication& publication) {
      writer_seconds_.store(writer_seconds_.load(std::memory_order_relaxed) + publication.seconds,
                            std::memory_order_relaxed);
    });
    loader_ = publish::make_loader(spec_, publisher_->account(), progress_);
  }

  void run(std::size_t changes);

 private:
  static std::string app(std::size_t number) { return "service-" + std::to_string(number); }
  [[nodiscard]] source::FileChange file(const std::string& layer, std::size_t value) const {
    const std::string name = layer + ".json";
    return {name, "/config/" + name,
            R"({"db":{"pool":)" + std::to_string(value) + R"(,"url":"postgres://)" + layer +
                R"("},"features":["a","b"],"timeout_ms":250})"};
  }
  [[nodiscard]] snapshot::Collection current() const {
    return publish::current_collection(publisher_->view(), spec_.name);
  }
  /// Seconds of CPU.
  double load(source::ChangeSet set);
  void read();

  const publish::CollectionSpec spec_ = spec();
  const std::size_t apps_;
  const std::size_t documents_;
  const SystemClock clock_;
  std::atomic<double> writer_seconds_{0};
  publish::Progress progress_;
  std::unique_ptr<publish::Publisher> publisher_;
  std::unique_ptr<publish::Loader> loader_;
  std::mt19937_64 random_{20261127};
};

double Bench::load(source::ChangeSet set) {
  const snapshot::Collection base = current();
  const double writer = writer_seconds_.load(std::memory_order_relaxed);
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  auto candidate = loader_->load(std::move(set), base);
  publisher_->submit_and_wait(**std::move(candidate)).value();
  loader_->commit();
  return cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start +
         writer_seconds_.load(std::memory_order_relaxed) - writer;
}

/// Of apps drawn at random, each found by its name and for a profile.
void Bench::read() {
  std::vector<std::string> names;
  names.reserve(kReads);
  for (std::size_t i = 0; i < kReads; ++i) names.push_back(app(random_() % apps_));
  const snapshot::Collection collection = current();
  const std::string_view prod[] = {"prod"};
  std::size_t found = 0;
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  for (const std::string& name : names)
    found += collection.tree()->effective(name, prod) != nullptr;
  const double seconds = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  if (found != kReads) std::abort();
  print("tree_read_ns", documents_, seconds * 1e9 / kReads);
}

void Bench::run(std::size_t changes) {
  source::ChangeSet all;
  all.initial = true;
  all.changes.push_back(file("application", 0));
  for (std::size_t i = 0; i < apps_; ++i) {
    all.changes.push_back(file(app(i), i));
    all.changes.push_back(file(app(i) + "-prod", i));
  }
  print("tree_rebuild_us", documents_, load(std::move(all)) * 1e6);
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::vector<double> times;
    for (std::size_t i = 0; i < changes; ++i) {
      source::ChangeSet one;
      one.changes.push_back(file(app(random_() % apps_), 1'000'000 + round * changes + i));
      times.push_back(load(std::move(one)));
    }
    std::ranges::sort(times);
    print("tree_document_us", documents_, times[times.size() / 2] * 1e6);
    read();
  }
}

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: tree_bench DOCUMENTS CHANGES\n");
    return 2;
  }
  lull::bench::Bench bench(std::strtoull(argv[1], nullptr, 10));
  bench.run(std::strtoull(argv[2], nullptr, 10));
}
