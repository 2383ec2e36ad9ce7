// Many changes at once, changes without end, and writers that take their time.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <random>

#include "harness.h"

namespace lull::source {
namespace {

using Steady = std::chrono::steady_clock;

/// Does something again and again on its own thread until it is destroyed.
class Loop {
 public:
  explicit Loop(std::function<void(int)> step)
      : thread_([this, step = std::move(step)] {
          for (int i = 1; !stop_; ++i) step(i);
        }) {}
  ~Loop() {
    stop_ = true;
    thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void rest(std::chrono::microseconds time) {
  std::this_thread::sleep_for(time);
}

using Storms = SourceTest;

TEST_P(Storms, ABurstOfAThousandFilesIsOneChangeSet) {
  auto options = options_for(at(), GetParam());
  // One change set if the burst is shorter than delay_max: long enough for a slow machine.
  options.delay_max = milliseconds(20'000);
  options.quiet = milliseconds(100);
  start(options);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  Contents wanted;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "file" + std::to_string(i) + ".yaml";
    wanted[name] = "content " + std::to_string(i);
    write_file(at(name), wanted[name]);
  }
  ASSERT_TRUE(sink_.wait_for(wanted));
  EXPECT_EQ(sink_.offers(), 2U);
}

TEST_P(Storms, WithTheDefaultTimesABurstIsAFewChangeSets) {
  start_and_load();
  const auto begun = Steady::now();
  for (int i = 0; i < 1000; ++i) write_file(at(std::to_string(i) + ".yaml"), "content");
  const auto took = Steady::now() - begun;
  ASSERT_TRUE(sink_.wait_for_file("999.yaml", "content"));
  const auto most = static_cast<std::size_t>(took / milliseconds(20)) + 2;
  EXPECT_LE(sink_.offers() - 1, most);
  std::printf("1000 files written in %lld ms: %zu change sets\n",
              static_cast<long long>(took / milliseconds(1)), sink_.offers() - 1);
}

TEST_P(Storms, EndlessTouchingDoesNotHoldBackAChange) {
  write_file(at("a.yaml"), "old");
  write_file(at("touched.yaml"), "same");
  start_and_load();
  const Loop loop([&](int) {
    fs::last_write_time(at("touched.yaml"), fs::file_time_type::clock::now());
    rest(std::chrono::microseconds(500));
  });
  const auto begun = Steady::now();
  replace_file(at("a.yaml"), "new");
  ASSERT_TRUE(sink_.wait_for_file("a.yaml", "new"));
  // delay_max, the last tries, and room for a slow machine
  EXPECT_LT(Steady::now() - begun, milliseconds(200 + 1800));
  EXPECT_EQ(sink_.offers(), 2U);
}

TEST_P(Storms, EndlessRewritingInPlaceHoldsBackThatFileOnly) {
  write_file(at("a.yaml"), "old");
  write_file(at("busy.yaml"), "0");
  start_and_load();
  const Loop loop([&](int i) {
    write_file(at("busy.yaml"), std::to_string(i));
    rest(std::chrono::microseconds(200));
  });
  replace_file(at("a.yaml"), "new");
  EXPECT_TRUE(sink_.wait_for_file("a.yaml", "new"));
}

double cpu_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The processor time that everything but the storm itself takes, as a share of one core.
double cost_of(const std::function<void()>& step) {
  std::atomic<double> storm_seconds{0};
  const double before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const auto begun = Steady::now();
  {
    const Loop loop([&](int) {
      step();
      storm_seconds = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    });
    rest(milliseconds(1500));
  }
  const double all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - before;
  return (all - storm_seconds) / std::chrono::duration<double>(Steady::now() - begun).count();
}

TEST_P(Storms, EndlessEventsCostLittle) {
  for (int i = 0; i < 1000; ++i) write_file(at(std::to_string(i) + ".yaml"), "content");
  start_and_load();
  const auto scans = source_->state().scans;
  const double others = cost_of([&] { write_file(at("not-ours.txt"), "x"); });
  if (GetParam() == Mode::kInotify) {
    EXPECT_EQ(source_->state().scans, scans) << "other files are no reason to look";
  }
  const double ours = cost_of([&] { fs::last_write_time(at("0.yaml"), {}); });
  std::printf("share of a core: %.3f while another file, %.3f while one of 1000 is touched\n",
              others, ours);
  EXPECT_LT(others, 0.5);
  EXPECT_LT(ours, 0.5);
}

TEST_P(Storms, ASlowWriterIsWaitedFor) {
  if (GetParam() == Mode::kPolling)
    GTEST_SKIP() << "stat does not tell of writers";  // Allowed: needs events
  write_file(at("a.yaml"), "old");
  auto options = options_for(at(), GetParam());
  options.delay_max = milliseconds(30'000);
  start(options);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  const int fd = ::open(at("a.yaml").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  for (const char part : {'1', '2', '3', '4'}) {
    rest(4 * options.quiet);  // a writer that pauses for longer than the quiet time
    ASSERT_EQ(::write(fd, &part, 1), 1);
  }
  ::close(fd);
  ASSERT_TRUE(sink_.wait_for({{"a.yaml", "1234"}}));
  EXPECT_EQ(sink_.offers(), 2U) << "nothing half-written was offered";
}

TEST_P(Storms, AFileThatStaysOpenIsOfferedAllTheSame) {
  write_file(at("a.yaml"), "old");
  start_and_load();
  const int fd = ::open(at("a.yaml").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  ASSERT_EQ(::write(fd, "new", 3), 3);
  EXPECT_TRUE(sink_.wait_for({{"a.yaml", "new"}}));
  ::close(fd);
}

TEST_P(Storms, FilesReplacedWhileTheyAreReadAreWhole) {
  // Large enough for a reading to be overtaken.
  const auto content = [](int i) { return std::string(300'000, static_cast<char>('a' + i % 26)); };
  write_file(at("a.yaml"), content(0));
  std::atomic<int> torn{0};
  RecordingSink sink([&](const ChangeSet&, const Contents& after) {
    const std::string& bytes = after.at("a.yaml");
    if (bytes.size() != 300'000 || bytes.find_first_not_of(bytes.front()) != std::string::npos) {
      ++torn;
    }
    return true;
  });
  source_ = watch_files(options_for(at(), GetParam()), sink, clock_);
  ASSERT_TRUE(sink.wait_for_offers(1));
  {
    const Loop loop([&](int i) {
      replace_file(at("a.yaml"), content(i));
      rest(milliseconds(10 + i % 20));
    });
    EXPECT_TRUE(sink.wait_for_offers(4));
  }
  replace_file(at("a.yaml"), "end" + content(0).substr(3));
  source_.reset();
  EXPECT_EQ(torn, 0);
}

/// What a mounted ConfigMap does: all files change by one rename of `..data`.
class ConfigMap {
 public:
  static constexpr int kFiles = 20;
  explicit ConfigMap(fs::path directory) : directory_(std::move(directory)) {
    swap(0);
    for (int i = 0; i < kFiles; ++i) {
      fs::create_symlink("..data/" + name(i), directory_ / name(i));
    }
  }
  void swap(int generation) {
    const std::string target = "..generation_" + std::to_string(generation);
    fs::create_directory(directory_ / target);
    for (int i = 0; i < kFiles; ++i) {
      write_file(directory_ / target / name(i), std::to_string(generation));
    }
    fs::create_symlink(target, directory_ / "..data_tmp");
    fs::rename(directory_ / "..data_tmp", directory_ / "..data");
    if (!last_.empty()) fs::remove_all(directory_ / last_);
    last_ = target;
  }
  static std::string name(int i) { return "file" + std::to_string(i) + ".yaml"; }

 private:
  fs::path directory_;
  std::string last_;
};

TEST_P(Storms, AConfigMapNeverMixesGenerations) {
  ConfigMap map(at());
  std::atomic<int> mixed{0};
  RecordingSink sink([&](const ChangeSet&, const Contents& after) {
    const auto& first = after.begin()->second;
    const bool whole = after.size() == ConfigMap::kFiles &&
                       std::all_of(after.begin(), after.end(),
                                   [&](const auto& file) { return file.second == first; });
    if (!whole) ++mixed;
    return true;
  });
  auto options = options_for(at(), GetParam());
  options.poll_interval = milliseconds(5);
  options.quiet = milliseconds(2);  // to look as often as it can in the middle of swaps
  options.delay_max = milliseconds(5);
  source_ = watch_files(options, sink, clock_);
  ASSERT_TRUE(sink.wait_for_offers(1));
  std::mt19937 random(4711);
  int last = 0;
  const auto end = Steady::now() + milliseconds(3000);
  while (Steady::now() < end) {
    map.swap(++last);
    rest(std::chrono::microseconds(random() % 25'000));
  }
  ASSERT_TRUE(sink.wait_for_file(ConfigMap::name(0), std::to_string(last)));
  source_.reset();
  EXPECT_EQ(mixed, 0);
  EXPECT_GE(sink.offers(), 5U) << "the storm hid everything: nothing was tested";
  std::printf("%d swaps, %zu offered\n", last, sink.offers());
}

LULL_IN_BOTH_MODES(Storms);

}  // namespace
}  // namespace lull::source
