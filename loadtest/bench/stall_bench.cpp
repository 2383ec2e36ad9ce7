// A reader that stalls inside a read section while the files of a large table go on changing: the
// section is the hook, the rest is an Instance as lulld runs it. Prints a figure a line.
// Usage: stall_bench RECORDS SECONDS
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <thread>

#include "lull/instance.h"
#include "sample_data.h"

namespace lull::bench {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kFiles = 100;
constexpr std::size_t kChangedAtOnce = 500;  // records of one file
constexpr milliseconds kChangeInterval{50};
constexpr milliseconds kLookInterval{5};
constexpr std::chrono::seconds kDeadline{60};
/// Two whole tables fit, so that what was put off fits as one change set whatever it holds.
constexpr double kLimitTables = 2.25;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

/// Looks until it holds; throws after a deadline.
void await(const char* what, const std::function<bool()>& holds) {
  const auto start = Steady::now();
  while (!holds()) {
    if (Steady::now() - start > kDeadline) throw std::runtime_error(std::string("never: ") + what);
    std::this_thread::sleep_for(kLookInterval);
  }
}

/// A directory of NDJSON files; each change gives some records of one file a new quantity.
class Files {
 public:
  explicit Files(std::size_t records) : quantities_(records) {
    std::string pattern = (std::filesystem::temp_directory_path() / "lull_stall_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    for (std::size_t file = 0; file < kFiles; ++file) write(file);
  }
  ~Files() { std::filesystem::remove_all(path_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void change() {
    const std::size_t file = ++changes_ % kFiles;
    const std::size_t first = file * per_file();
    const std::size_t count = std::min(kChangedAtOnce, per_file());
    for (std::size_t i = 0; i < count; ++i) {
      quantities_[first + random_() % per_file()] = changes_;
    }
    quantities_[first] = changes_;  // by which a reader sees how far it is
    write(file);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t changes() const { return changes_; }
  [[nodiscard]] std::size_t per_file() const { return quantities_.size() / kFiles; }
  [[nodiscard]] const std::vector<std::size_t>& quantities() const { return quantities_; }

 private:
  void write(std::size_t file) const {
    std::string text;
    for (std::size_t i = file * per_file(); i < (file + 1) * per_file(); ++i) {
      text += R"({"sku":")" + short_key(i) + R"(","warehouse":"w)" +
              std::to_string(i % kWarehouses) + '"' + ',' + value_of(i, quantities_[i]).substr(1) +
              '\n';
    }
    const std::string name = path_ + "/" + std::to_string(file) + ".ndjson";
    std::ofstream(path_ + "/.new") << text;
    std::filesystem::rename(path_ + "/.new", name);
  }

  std::string path_;
  std::vector<std::size_t> quantities_;  // of each record, as the files have it
  std::size_t changes_ = 0;
  std::mt19937_64 random_{20261127};
};

/// A thread inside a read section, until it is let go.
class StalledReader {
 public:
  StalledReader(const Instance& instance, std::size_t records)
      : thread_([this, &instance, records] {
          instance.read([&](const snapshot::Snapshot& snapshot) {
            const std::size_t before = sum(snapshot, records);
            inside_ = true;
            inside_.notify_all();
            leave_.wait(false);
            intact_ = sum(snapshot, records) == before;
          });
        }) {
    inside_.wait(false);
  }
  ~StalledReader() {
    if (thread_.joinable()) (void)leave();
  }
  StalledReader(const StalledReader&) = delete;
  StalledReader& operator=(const StalledReader&) = delete;

  /// Whether all that it saw was the same to the end.
  bool leave() {
    leave_ = true;
    leave_.notify_all();
    thread_.join();
    return intact_;
  }

 private:
  /// Of the hashes of all records.
  static std::size_t sum(const snapshot::Snapshot& snapshot, std::size_t records) {
    const auto& table = *snapshot.find("inventory")->table();
    std::size_t out = 0;
    for (std::size_t i = 0; i < records; ++i) {
      out = out * 31 + std::hash<std::string_view>{}(table.find(short_key(i)).value().json);
    }
    return out;
  }

  std::atomic<bool> inside_{false};
  std::atomic<bool> leave_{false};
  bool intact_ = false;  // of the thread until it is joined
  std::thread thread_;
};

class Bench {
 public:
  Bench(std::size_t records, std::chrono::seconds stall)
      : records_(records / kFiles * kFiles), stall_(stall), files_(records_) {}
  void run();

 private:
  void open(std::uint64_t bytes_max);
  void stall(std::uint64_t limit);
  void recover(std::uint64_t steady);
  [[nodiscard]] publish::Publisher::Stats stats() const { return instance_->publisher().stats(); }
  [[nodiscard]] bool up_to_date() const;
  void say(const char* name, double value) const { print(name, records_, value); }
  void say_mib(const char* name, std::uint64_t bytes) const {
    say(name, static_cast<double>(bytes) / (1U << 20U));
  }

  const std::size_t records_;
  const std::chrono::seconds stall_;
  Files files_;
  std::uint64_t publications_at_release_ = 0;
  std::size_t put_off_ = 0;  // changes that were written while publishing waited
  Steady::time_point released_;
  std::unique_ptr<Instance> instance_;  // last: it reads the files
};

void Bench::open(std::uint64_t bytes_max) {
  publish::CollectionSpec spec;
  spec.name = "inventory";
  spec.kind = snapshot::CollectionKind::kTable;
  spec.directory = files_.path();
  spec.records.key = "sku";
  spec.records.fields = {{"sku", codec::FieldType::kString},
                         {"warehouse", codec::FieldType::kString},
                         {"available", codec::FieldType::kInteger}};
  spec.records.indexes = {"warehouse"};
  spec.records.quantity = "available";
  InstanceOptions options;
  options.collections = {spec};
  options.publisher.retained_revisions_max = 0;
  options.publisher.snapshot_bytes_alive_max = bytes_max;
  instance_.reset();
  instance_ = Instance::open(std::move(options)).value();
  if (!instance_->wait_until_loaded(kDeadline)) throw std::runtime_error("never: loaded");
}

/// Whether every record is served as the files have it; the first one of each file tells early.
bool Bench::up_to_date() const {
  return instance_->read([&](const snapshot::Snapshot& snapshot) {
    const auto& table = *snapshot.find("inventory")->table();
    const auto& quantities = files_.quantities();
    const auto same = [&](std::size_t i) {
      const auto record = table.find(short_key(i));
      return record && record->quantity == static_cast<std::int64_t>(quantities[i]);
    };
    for (std::size_t i = 0; i < records_; i += files_.per_file()) {
      if (!same(i)) return false;
    }
    for (std::size_t i = 0; i < records_; ++i) {
      if (!same(i)) return false;
    }
    return true;
  });
}

void Bench::run() {
  open(~std::uint64_t{0});
  const std::uint64_t steady = stats().snapshot_bytes_alive;
  const auto limit = static_cast<std::uint64_t>(kLimitTables * static_cast<double>(steady));
  say_mib("steady_mib", steady);
  say_mib("limit_mib", limit);
  open(limit);
  stall(limit);
  recover(steady);
}

/// Changes go on for as long as the reader is stalled. All figures are of that time.
void Bench::stall(std::uint64_t limit) {
  StalledReader reader(*instance_, records_);
  const std::uint64_t publications = stats().publications;
  const auto start = Steady::now();
  auto next_change = start;
  double waiting_after = -1;
  std::uint64_t peak = 0;
  std::uint64_t one_change = 0;  // what the first one cost
  std::uint64_t published_at_wait = 0;
  std::size_t changes_at_wait = 0;
  while (Steady::now() - start < stall_) {
    const auto now = stats();
    peak = std::max(peak, now.snapshot_bytes_alive);
    if (one_change == 0 && now.publications > publications) {
      one_change = now.snapshot_bytes_alive -
                   static_cast<std::uint64_t>(static_cast<double>(limit) / kLimitTables);
    }
    if (waiting_after < 0 && now.waiting_for_memory) {
      waiting_after = seconds_since(start);
      published_at_wait = now.publications;
      changes_at_wait = files_.changes();
    }
    if (Steady::now() >= next_change) {
      files_.change();
      next_change += kChangeInterval;
    }
    std::this_thread::sleep_for(kLookInterval);
  }
  const auto end = stats();
  publications_at_release_ = end.publications;
  put_off_ = files_.changes() - changes_at_wait;
  say("changes", static_cast<double>(files_.changes()));
  say("published_before_the_wait", static_cast<double>(published_at_wait - publications));
  say("waiting_after_s", waiting_after);
  say("published_while_waiting", static_cast<double>(end.publications - published_at_wait));
  say("waiting_at_the_end", end.waiting_for_memory ? 1 : 0);
  say("grace_period_waiting_s", end.reclaimer.waiting_seconds);
  say_mib("one_change_mib", one_change);
  say_mib("peak_mib", peak);
  say("reader_intact", reader.leave() ? 1 : 0);
  released_ = Steady::now();
}

void Bench::recover(std::uint64_t steady) {
  await("everything is served", [this] { return up_to_date(); });
  say("served_after_s", seconds_since(released_));
  say("put_off_changes", static_cast<double>(put_off_));
  say("put_off_published_as", static_cast<double>(stats().publications - publications_at_release_));
  await("the alarm ends", [this] { return !stats().waiting_for_memory; });
  await("old snapshots are freed", [&] {
    return stats().snapshots_alive == 1 &&
           static_cast<double>(stats().snapshot_bytes_alive) < 1.05 * static_cast<double>(steady);
  });
  say("freed_after_s", seconds_since(released_));
  say_mib("after_mib", stats().snapshot_bytes_alive);
  const auto start = Steady::now();
  files_.change();
  await("a later change is served", [this] { return up_to_date(); });
  say("later_change_s", seconds_since(start));
}

}  // namespace
}  // namespace lull::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: stall_bench RECORDS SECONDS\n");
    return 2;
  }
  try {
    lull::bench::Bench bench(std::strtoull(argv[1], nullptr, 10),
                             std::chrono::seconds(std::strtoull(argv[2], nullptr, 10)));
    bench.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
