// A real directory, a real source on it and a sink that remembers: what all tests here share.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lull/source/files.h"

namespace lull::source {

using std::chrono::milliseconds;
namespace fs = std::filesystem;

/// How long a condition is waited for that must come true.
inline constexpr milliseconds kDeadline{10'000};

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (fs::temp_directory_path() / "lull_source_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TempDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string());
}

/// Writes beside the file and renames over it.
inline void replace_file(const fs::path& path, std::string_view bytes) {
  const fs::path beside = path.parent_path() / (".new_" + path.filename().string());
  write_file(beside, bytes);
  fs::rename(beside, path);
}

/// Runs a command by the shell in a directory; its exit status.
inline int shell(const fs::path& directory, const std::string& command) {
  return std::system(("cd '" + directory.string() + "' && " + command).c_str());
}

using Contents = std::map<std::string, std::string>;

/// Applies what is offered, as a publisher would.
class RecordingSink final : public Sink {
 public:
  /// Whether to accept the contents that a change set leads to; called on the source's thread.
  using Verdict = std::function<bool(const ChangeSet&, const Contents& after)>;

  explicit RecordingSink(Verdict verdict = {}) : verdict_(std::move(verdict)) {}

  bool offer(ChangeSet change_set) override {
    Contents after;
    {
      const std::lock_guard lock(mutex_);
      after = accepted_;
    }
    for (const auto& change : change_set.changes) {
      if (change.bytes) {
        after[change.name] = *change.bytes;
      } else {
        after.erase(change.name);
      }
    }
    const bool accepted = !verdict_ || verdict_(change_set, after);
    const std::lock_guard lock(mutex_);
    if (accepted) accepted_ = std::move(after);
    errors_.clear();
    offers_.push_back(std::move(change_set));
    changed_.notify_all();
    return accepted;
  }

  void unreadable(const Errors& errors) override {
    const std::lock_guard lock(mutex_);
    errors_ = errors;
    ++unreadable_calls_;
    changed_.notify_all();
  }

  /// Whether the condition comes true in time. It is asked under the lock after every call.
  template <class Condition>
  bool wait(Condition condition, milliseconds deadline = kDeadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, condition);
  }
  bool wait_for(const Contents& wanted, milliseconds deadline = kDeadline) {
    return wait([&] { return accepted_ == wanted; }, deadline);
  }
  bool wait_for_file(const std::string& name, const std::string& bytes) {
    return wait([&] { return accepted_.contains(name) && accepted_[name] == bytes; });
  }
  bool wait_for_offers(std::size_t count) {
    return wait([&] { return offers_.size() >= count; });
  }
  bool wait_for_error(const std::string& part) {
    return wait([&] {
      for (const auto& error : errors_) {
        if (error.text().find(part) != std::string::npos) return true;
      }
      return false;
    });
  }
  bool wait_for_unreadable_calls(std::size_t count) {
    return wait([&] { return unreadable_calls_ >= count; });
  }
  bool wait_for_no_error() {
    return wait([&] { return errors_.empty(); });
  }

  [[nodiscard]] std::size_t offers() {
    const std::lock_guard lock(mutex_);
    return offers_.size();
  }
  [[nodiscard]] ChangeSet offer_at(std::size_t index) {
    const std::lock_guard lock(mutex_);
    return offers_.at(index);
  }
  [[nodiscard]] ChangeSet last_offer() {
    const std::lock_guard lock(mutex_);
    return offers_.back();
  }
  [[nodiscard]] Contents accepted() {
    const std::lock_guard lock(mutex_);
    return accepted_;
  }
  [[nodiscard]] Errors errors() {
    const std::lock_guard lock(mutex_);
    return errors_;
  }
  [[nodiscard]] std::size_t unreadable_calls() {
    const std::lock_guard lock(mutex_);
    return unreadable_calls_;
  }

 private:
  Verdict verdict_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Contents accepted_;  // guarded by mutex_, as all below
  std::vector<ChangeSet> offers_;
  Errors errors_;
  std::size_t unreadable_calls_ = 0;
};

enum class Mode { kInotify, kPolling };

inline bool is_yaml(std::string_view name) {
  return name.ends_with(".yaml");
}

inline FilesOptions options_for(const fs::path& directory, Mode mode) {
  FilesOptions options;
  options.directory = directory.string();
  options.accepts = is_yaml;
  options.force_polling = mode == Mode::kPolling;
  options.poll_interval = milliseconds(50);
  options.rescan_interval = milliseconds(600'000);  // nothing but events helps
  return options;
}

/// Whether a condition of which nothing tells comes true in time.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

/// Does something, then waits until the source has looked `count` times more.
template <class Action>
bool looks_after(const Source& source, std::uint64_t count, Action action) {
  const auto wanted = source.state().scans + count;
  action();
  return eventually([&] { return source.state().scans >= wanted; });
}

/// Both ways of noticing, on one directory `at()`.
class SourceTest : public testing::TestWithParam<Mode> {
 protected:
  SourceTest() { fs::create_directory(at()); }

  [[nodiscard]] fs::path at() const { return temp_.path() / "watched"; }
  [[nodiscard]] fs::path at(std::string_view name) const { return at() / name; }
  [[nodiscard]] fs::path beside(std::string_view name) const { return temp_.path() / name; }

  void start() { start(options_for(at(), GetParam())); }
  void start(FilesOptions options) { source_ = watch_files(std::move(options), sink_, clock_); }
  /// Starts and waits for the first offer.
  void start_and_load() {
    start();
    ASSERT_TRUE(sink_.wait_for_offers(1));
  }

  TempDirectory temp_;
  SystemClock clock_;
  RecordingSink sink_;
  std::unique_ptr<Source> source_;
};

inline std::string mode_name(const testing::TestParamInfo<Mode>& info) {
  return info.param == Mode::kInotify ? "inotify" : "polling";
}

#define LULL_IN_BOTH_MODES(suite) \
  INSTANTIATE_TEST_SUITE_P(Mode, suite, testing::Values(Mode::kInotify, Mode::kPolling), mode_name)

}  // namespace lull::source
