// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include "lull/base/clock.h"
#include "lull/publish/loader.h"
#include "lull/publish/publisher.h"

namespace lull::publish {

/// A clock that stands until it is turned. Threads: any.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return Wall(ticks()); }
  [[nodiscard]] Steady steady() const override { return Steady(ticks()); }
  void advance(std::chrono::nanoseconds by) { nanoseconds_.fetch_add(by.count()); }

 private:
  [[nodiscard]] std::chrono::nanoseconds ticks() const {
    return std::chrono::nanoseconds(nanoseconds_.load());
  }
  std::atomic<std::int64_t> nanoseconds_{1'000'000'000};
};

/// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lull_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Looks until it holds, or fails the test after ten seconds.
inline bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline std::uint64_t seed() {
  const char* const env = std::getenv("LULL_SEED");
  const std::uint64_t out = env != nullptr ? std::stoull(env) : std::random_device{}();
  std::cout << "LULL_SEED=" << out << '\n';
  return out;
}

inline CollectionSpec tree_spec(std::string name = "config") {
  CollectionSpec spec;
  spec.name = std::move(name);
  spec.kind = snapshot::CollectionKind::kTree;
  spec.directory = "/src";
  return spec;
}

inline CollectionSpec table_spec(std::string name = "inventory") {
  CollectionSpec spec;
  spec.name = std::move(name);
  spec.kind = snapshot::CollectionKind::kTable;
  spec.directory = "/src";
  spec.records.key = "sku";
  spec.records.fields = {{"sku", codec::FieldType::kString},
                         {"warehouse", codec::FieldType::kString},
                         {"available", codec::FieldType::kInteger}};
  spec.records.indexes = {"warehouse"};
  spec.records.quantity = "available";
  return spec;
}

/// A tree of one document with one string of `bytes` letters.
inline std::shared_ptr<const snapshot::Tree> tree_of(const std::string& value,
                                                     std::shared_ptr<MemoryAccount> account) {
  snapshot::DocumentBuilder document("app", std::move(account));
  document.begin_object({});
  document.key("value");
  document.string(value, {});
  document.end_object();
  snapshot::TreeBuilder builder(nullptr);
  builder.put_layer(document.finish());
  return builder.finish();
}

inline Candidate candidate(Publisher& publisher, const std::string& value,
                           const std::string& collection = "config") {
  return {collection, publisher.view().read([&](const View& view) {
            return view.current().find(collection)->changed_at;
          }),
          tree_of(value, publisher.account()), "test", value.size()};
}

/// The value in the current snapshot; empty if nothing is loaded.
inline std::string current_value(const PublishedView& view,
                                 const std::string& collection = "config") {
  return view.read([&](const View& v) {
    const auto* const tree = v.current().find(collection)->tree();
    return tree == nullptr ? std::string() : std::string(tree->layer("app")->text());
  });
}

inline Revision current_revision(const PublishedView& view) {
  return view.read([](const View& v) { return v.current().revision(); });
}

}  // namespace lull::publish
