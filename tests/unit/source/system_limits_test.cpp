// What the system may refuse: room for events, inotify instances and watches.
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "harness.h"

namespace lull::source {
namespace {

/// Sets a system-wide number for as long as it lives.
class Sysctl {
 public:
  Sysctl(std::string path, int value) : path_(std::move(path)) {
    std::ifstream(path_) >> before_;
    set(value);
    int now = -1;
    std::ifstream(path_) >> now;
    permitted_ = now == value;
  }
  ~Sysctl() { set(before_); }
  Sysctl(const Sysctl&) = delete;
  Sysctl& operator=(const Sysctl&) = delete;
  [[nodiscard]] bool permitted() const { return permitted_; }

 private:
  void set(int value) const { std::ofstream(path_) << value; }
  std::string path_;
  int before_ = 0;
  bool permitted_ = false;
};

constexpr int kNotPermitted = 77;

/// Runs `body` in a child with a user namespace of its own, whose limits nobody else feels. Its
/// exit status: 0 if no expectation failed, kNotPermitted if the system gives no such namespace.
int with_own_limits(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(kNotPermitted);
    body();
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Real time, that can be moved forward.
class AdvancingClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] Steady steady() const override {
    return std::chrono::steady_clock::now() + ahead_.load();
  }
  void advance(Steady::duration time) { ahead_ = ahead_.load() + time; }

 private:
  std::atomic<Steady::duration> ahead_{Steady::duration::zero()};
};

using SystemLimits = SourceTest;

TEST_F(SystemLimits, AnOverflowOfTheEventQueueIsAnsweredByAFullScan) {
  std::atomic<bool> hold{false};
  std::atomic<bool> held{false};
  RecordingSink sink([&](const ChangeSet&, const Contents&) {
    if (hold) {
      held = true;
      hold.wait(true);
    }
    return true;
  });
  {
    // An instance keeps the limit under which it was made: nobody else is to meet this one.
    const Sysctl limit("/proc/sys/fs/inotify/max_queued_events", 8);
    if (!limit.permitted())
      GTEST_SKIP() << "the queue cannot be lowered";  // Allowed: depends on the kernel
    source_ = watch_files(options_for(at(), Mode::kInotify), sink, clock_);
  }
  ASSERT_TRUE(sink.wait_for_offers(1));
  hold = true;
  write_file(at("a.yaml"), "a");
  ASSERT_TRUE(eventually([&] { return held.load(); }));
  Contents wanted{{"a.yaml", "a"}};
  for (int i = 0; i < 100; ++i) {
    const std::string name = std::to_string(i) + ".yaml";
    wanted[name] = "content";
    write_file(at(name), "content");
  }
  const auto begun = std::chrono::steady_clock::now();
  hold = false;
  hold.notify_all();
  ASSERT_TRUE(sink.wait_for(wanted));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_GE(source_->state().overflows, 1U);
  source_.reset();
}

#if !defined(__SANITIZE_ADDRESS__)  // with it comes UBSan, which needs a descriptor to check a vptr
TEST_F(SystemLimits, WithoutADescriptorToBeWokenBy) {
  auto options = options_for(at(), Mode::kPolling);
  options.poll_interval = milliseconds(600'000);
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = files.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  start(options);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  ASSERT_TRUE(sink_.wait_for_offers(1));
  EXPECT_TRUE(looks_after(*source_, 1, [&] { source_->rescan(); }));
  source_.reset();  // does not wait for the next poll either
}
#endif

class InotifyLimits : public SystemLimits {
 protected:
  /// The source polls while the limit is 0, says why, and uses inotify a minute after.
  void polls_and_comes_back(const std::string& limit_name) {
    AdvancingClock clock;
    {
      const Sysctl limit("/proc/sys/user/" + limit_name, 0);
      if (!limit.permitted()) ::_exit(kNotPermitted);
      source_ = watch_files(options_for(at(), Mode::kInotify), sink_, clock);
      EXPECT_TRUE(sink_.wait_for_offers(1));
      EXPECT_EQ(source_->state().mode, "polling");
      EXPECT_NE(source_->state().degraded.find("raise fs.inotify.max_user_"), std::string::npos)
          << source_->state().degraded;
      write_file(at("a.yaml"), "a");
      EXPECT_TRUE(sink_.wait_for({{"a.yaml", "a"}}));
    }
    clock.advance(std::chrono::seconds(61));
    EXPECT_TRUE(eventually([&] { return source_->state().mode == "inotify"; }));
    EXPECT_EQ(source_->state().degraded, "");
    write_file(at("a.yaml"), "b");
    EXPECT_TRUE(sink_.wait_for({{"a.yaml", "b"}}));
    source_.reset();
  }
};

TEST_F(InotifyLimits, NoInstance) {
  const int status = with_own_limits([&] { polls_and_comes_back("max_inotify_instances"); });
  if (status == kNotPermitted)
    GTEST_SKIP() << "needs a user namespace of its own";  // Allowed: depends on the kernel
  EXPECT_EQ(status, 0);
}

TEST_F(InotifyLimits, NoWatch) {
  const int status = with_own_limits([&] { polls_and_comes_back("max_inotify_watches"); });
  if (status == kNotPermitted)
    GTEST_SKIP() << "needs a user namespace of its own";  // Allowed: depends on the kernel
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace lull::source
