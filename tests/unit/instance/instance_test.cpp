// Real files, the real watcher, the real publisher.
#include "lull/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

namespace lull {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(15);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

class InstanceTest : public ::testing::Test {
 protected:
  InstanceTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "lull_instance_XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(root_ + "/config");
    std::filesystem::create_directory(root_ + "/inventory");
    write("config/application.yaml", "log: info\n");
    write("config/payment.yaml", "db:\n  url: pg://one\n");
    write("config/payment-prod.yaml", "log: warn\n");
    write("inventory/a.ndjson", record("SKU-1", 5) + record("SKU-2", 0));
  }
  ~InstanceTest() override {
    instance_.reset();
    std::filesystem::remove_all(root_);
  }

  static std::string record(const std::string& key, int available) {
    return R"({"sku":")" + key + R"(","available":)" + std::to_string(available) + "}\n";
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ + "/new") << text;  // as an editor does: whole, then renamed
    std::filesystem::rename(root_ + "/new", root_ + "/" + name);
  }

  [[nodiscard]] InstanceOptions options() {
    publish::CollectionSpec config;
    config.name = "config";
    config.directory = root_ + "/config";
    config.profiles = {"dev", "prod"};
    publish::CollectionSpec inventory;
    inventory.name = "inventory";
    inventory.kind = snapshot::CollectionKind::kTable;
    inventory.directory = root_ + "/inventory";
    inventory.records.key = "sku";
    inventory.records.fields = {{"sku", codec::FieldType::kString},
                                {"available", codec::FieldType::kInteger}};
    inventory.records.quantity = "available";
    InstanceOptions out;
    out.collections = {config, inventory};
    out.on_publication = [this](const publish::Publication& p) {
      const std::lock_guard lock(mutex_);
      summaries_.push_back(p.collection + ": " + p.summary);
    };
    out.on_rejection = [this](const Rejection& rejection) {
      const std::lock_guard lock(mutex_);
      told_.push_back(rejection);
    };
    return out;
  }
  void open(InstanceOptions with) {
    auto opened = Instance::open(std::move(with));
    ASSERT_TRUE(opened) << opened.error().text();
    instance_ = *std::move(opened);
  }
  void open() { open(options()); }

  [[nodiscard]] std::string value(const std::string& app, const std::string& path,
                                  std::vector<std::string_view> profiles = {}) const {
    return instance_->read([&](const snapshot::Snapshot& s) -> std::string {
      const auto* const tree = s.find("config")->tree();
      if (tree == nullptr) return "not loaded";
      const auto* const document = tree->effective(app, profiles);
      if (document == nullptr) return "no app";
      const auto node = document->find(path);
      return node ? std::string(document->text(*node)) : "no path";
    });
  }
  [[nodiscard]] std::int64_t available(const std::string& key) const {
    return instance_->read([&](const snapshot::Snapshot& s) -> std::int64_t {
      const auto* const table = s.find("inventory")->table();
      const auto found = table == nullptr ? std::nullopt : table->find(key);
      return found ? found->quantity.value_or(-2) : -1;
    });
  }
  [[nodiscard]] CollectionStatus status(std::size_t collection) const {
    return instance_->collections(*instance_->pin())[collection];
  }
  [[nodiscard]] Revision revision() const {
    return instance_->read([](const snapshot::Snapshot& s) { return s.revision(); });
  }

  std::string root_;
  std::mutex mutex_;
  std::vector<std::string> summaries_;  // guarded by mutex_
  std::vector<Rejection> told_;         // likewise
  std::unique_ptr<Instance> instance_;  // last: its threads use what stands before it
};

TEST_F(InstanceTest, ServesFilesAndFollowsTheirChanges) {
  open();
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  EXPECT_EQ(value("payment", "db/url"), R"("pg://one")");
  EXPECT_EQ(value("payment", "log"), R"("info")");
  EXPECT_EQ(value("payment", "log", {"prod"}), R"("warn")");
  EXPECT_EQ(available("SKU-1"), 5);
  EXPECT_EQ(revision().number, 2U) << "one for each collection";

  write("config/payment.yaml", "db:\n  url: pg://two\n");
  EXPECT_TRUE(eventually([&] { return value("payment", "db/url") == R"("pg://two")"; }));
  write("inventory/a.ndjson", record("SKU-1", 4) + record("SKU-2", 0));
  EXPECT_TRUE(eventually([&] { return available("SKU-1") == 4; }));
  write("config/search.yaml", "size: 10\n");
  EXPECT_TRUE(eventually([&] { return value("search", "size") == "10"; }));
  EXPECT_EQ(value("search", "log"), R"("info")");
  std::filesystem::remove(root_ + "/config/search.yaml");
  EXPECT_TRUE(eventually([&] { return value("search", "size") == "no app"; }));
  const std::lock_guard lock(mutex_);
  ASSERT_THAT(summaries_, SizeIs(6)) << "from the first load on";
  const std::vector<std::string> changes(summaries_.begin() + 2, summaries_.end());
  EXPECT_THAT(changes, ::testing::ElementsAre("config: 1 document changed: payment",
                                              "inventory: 1 record changed: SKU-1",
                                              "config: 1 document added: search",
                                              "config: 1 document removed: search"));
}

TEST_F(InstanceTest, ALargeReloadCountsWhatItParsed) {
  std::string all;
  for (int i = 0; i < 100'000; ++i) all += record(std::to_string(i) + std::string(70, 'x'), i);
  write("inventory/a.ndjson", all);
  open();
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(60)));
  EXPECT_EQ(status(1).records_parsed, 100'000U);
  write("inventory/a.ndjson", all + record("new", 3));
  ASSERT_TRUE(eventually([&] { return available("new") == 3; }));
  EXPECT_EQ(status(1).records_parsed, 100'001U);
}

TEST_F(InstanceTest, ABrokenFileIsRefusedWithItsLineAndTheFixHeals) {
  open();
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  const Revision before = revision();
  write("config/payment.yaml", "db:\n  url: pg://two\n  url: pg://three\n");
  ASSERT_TRUE(eventually([&] { return status(0).current_rejection.has_value(); }));
  const Rejection rejection = *status(0).current_rejection;
  EXPECT_EQ(rejection.collection, "config");
  ASSERT_THAT(rejection.errors, SizeIs(1));
  EXPECT_EQ(rejection.errors[0].where.file, root_ + "/config/payment.yaml");
  EXPECT_EQ(rejection.errors[0].where.line, 3U);
  EXPECT_EQ(value("payment", "db/url"), R"("pg://one")") << "what was good is still served";
  EXPECT_EQ(revision(), before);
  EXPECT_EQ(status(0).rejections, 1U);
  EXPECT_EQ(status(1).rejections, 0U);

  // Looked at again: neither told nor counted again.
  const auto scans = status(0).source.scans;
  instance_->rescan();
  EXPECT_TRUE(eventually([&] { return status(0).source.scans > scans; }));
  write("config/other.yaml", "x: 1\n");  // offered together with the broken one, refused again
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(value("other", "x"), "no app") << "all or nothing";
  {
    const std::lock_guard lock(mutex_);
    EXPECT_THAT(told_, SizeIs(1));
  }
  EXPECT_EQ(status(0).rejections, 1U);

  write("config/application.yaml", "log: debug\n");
  write("config/payment.yaml", "db:\n  url: pg://four\n");
  EXPECT_TRUE(eventually([&] { return value("payment", "db/url") == R"("pg://four")"; }));
  EXPECT_TRUE(eventually([&] { return value("payment", "log") == R"("debug")"; }));
  EXPECT_TRUE(eventually([&] { return !status(0).current_rejection.has_value(); }));
  EXPECT_TRUE(status(0).last_rejection.has_value()) << "for who looks later";
}

TEST_F(InstanceTest, ACollectionThatIsBrokenAtTheStartIsNotLoadedUntilFixed) {
  write("inventory/a.ndjson", "{\"available\":1}\n");
  open();
  EXPECT_FALSE(instance_->wait_until_loaded(milliseconds(300)));
  ASSERT_TRUE(eventually([&] { return status(1).current_rejection.has_value(); }));
  EXPECT_TRUE(eventually([&] { return status(0).loaded; }));
  EXPECT_FALSE(status(1).loaded);
  EXPECT_EQ(status(1).changed_at.number, 0U);
  write("inventory/a.ndjson", record("SKU-1", 1));
  EXPECT_TRUE(instance_->wait_until_loaded(seconds(15)));
  EXPECT_EQ(status(1).entries, 1U);
  EXPECT_EQ(status(0).entries, 2U) << "apps";
}

TEST_F(InstanceTest, AMissingDirectoryIsReportedAndServedAgainWhenItComesBack) {
  open();
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  std::filesystem::rename(root_ + "/config", root_ + "/away");
  ASSERT_TRUE(eventually([&] { return status(0).current_rejection.has_value(); }));
  EXPECT_THAT(status(0).current_rejection->errors[0].text(), HasSubstr(root_ + "/config"));
  EXPECT_EQ(value("payment", "db/url"), R"("pg://one")");
  std::filesystem::rename(root_ + "/away", root_ + "/config");
  EXPECT_TRUE(eventually([&] { return !status(0).current_rejection.has_value(); }));
}

TEST_F(InstanceTest, RefusedContentIsStillRefusedAfterTheDirectoryWasAway) {
  open();
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  const auto reason = [&] {
    const auto rejection = status(0).current_rejection;
    return rejection ? rejection->errors[0].text() : std::string();
  };
  write("config/payment.yaml", "a: [\n");
  ASSERT_TRUE(eventually([&] { return reason().find("payment.yaml:") != std::string::npos; }));
  std::filesystem::rename(root_ + "/config", root_ + "/away");
  ASSERT_TRUE(eventually(
      [&] { return !reason().empty() && reason().find("payment.yaml:") == std::string::npos; }));
  std::filesystem::rename(root_ + "/away", root_ + "/config");
  EXPECT_TRUE(eventually([&] { return reason().find("payment.yaml:") != std::string::npos; }));
}

TEST_F(InstanceTest, WhatCouldNotBeMadeDurableIsTriedAgainByItself) {
  InstanceOptions with = options();
  with.publisher.data_dir = root_ + "/var";
  open(with);
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  write("config/payment-next.yaml", "x: 1\n");
  ASSERT_TRUE(eventually([&] { return value("payment-next", "x") == "1"; }));
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  std::filesystem::rename(root_ + "/config/payment-next.yaml", root_ + "/config/other.yaml");
  const rlimit none{0, old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  const bool rejected = eventually([&] { return status(0).current_rejection.has_value(); });
  const auto current = status(0).current_rejection;
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  // The rename may have been published before the disk was full; then there is nothing to try
  // again.
  if (value("other", "x") != "1") {
    ASSERT_TRUE(rejected);
    EXPECT_EQ(current->errors[0].code, ErrorCode::kUnavailable);
    EXPECT_TRUE(eventually([&] { return value("other", "x") == "1"; })) << "no file changed";
  }
}

TEST_F(InstanceTest, AChangeRefusedForMemoryDoesNotStandInTheWayOfOthers) {
  InstanceOptions with = options();
  with.publisher.snapshot_bytes_alive_max = 1U << 20U;
  open(with);
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  std::string big;
  for (int i = 0; i < 30'000; ++i) big += record("BIG-" + std::to_string(i), i);
  write("inventory/b.ndjson", big);
  ASSERT_TRUE(eventually([&] { return status(1).current_rejection.has_value(); }));
  EXPECT_EQ(status(1).current_rejection->errors[0].code, ErrorCode::kLimit);
  EXPECT_LT(instance_->publisher().account()->bytes(), 1U << 20U) << "nothing refused is kept";

  write("config/payment.yaml", "db:\n  url: pg://two\n");
  EXPECT_TRUE(eventually([&] { return value("payment", "db/url") == R"("pg://two")"; }));
  std::filesystem::remove(root_ + "/inventory/b.ndjson");
  EXPECT_TRUE(eventually([&] { return !status(1).current_rejection.has_value(); }));
  write("inventory/a.ndjson", record("SKU-1", 4));
  EXPECT_TRUE(eventually([&] { return available("SKU-1") == 4; }));
}

TEST_F(InstanceTest, WhatDidNotFitIsPublishedByItselfOnceThereIsRoom) {
  InstanceOptions with = options();
  with.publisher.snapshot_bytes_alive_max = 1U << 20U;
  open(with);
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  // What others have under construction stands on the same account.
  std::optional<MemoryAccount::Charge> others;
  others.emplace(instance_->publisher().account(), 1U << 20U);
  write("config/payment.yaml", "db:\n  url: pg://two\n");
  ASSERT_TRUE(eventually([&] { return status(0).current_rejection.has_value(); }));
  EXPECT_EQ(status(0).current_rejection->errors[0].code, ErrorCode::kLimit);
  others.reset();
  EXPECT_TRUE(eventually([&] { return value("payment", "db/url") == R"("pg://two")"; }))
      << "no file changed";
  EXPECT_TRUE(eventually([&] { return !status(0).current_rejection.has_value(); }));
}

TEST_F(InstanceTest, WhatWaitsToBeOfferedAgainDoesNotDelayTheFix) {
  InstanceOptions with = options();
  with.publisher.snapshot_bytes_alive_max = 1U << 20U;
  open(with);
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  const std::string big(2U << 20U, 'x');
  write("config/payment.yaml", "db:\n  url: " + big + "\n");
  ASSERT_TRUE(eventually([&] { return status(0).source.scans > 4; })) << "offered again, and again";
  write("config/payment.yaml", "db:\n  url: pg://two\n");
  const auto written = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return value("payment", "db/url") == R"("pg://two")"; }));
  EXPECT_LT(std::chrono::steady_clock::now() - written, seconds(2));
}

TEST_F(InstanceTest, MoreCollectionsThanTheQueueIsDeepAreAllLoadedAtTheStart) {
  InstanceOptions with = options();
  with.publisher.queue_depth_max = 1;
  for (int i = 0; i < 60; ++i) {
    publish::CollectionSpec spec = with.collections[0];
    spec.name = "config-" + std::to_string(i);
    with.collections.push_back(spec);
  }
  open(with);
  EXPECT_TRUE(instance_->wait_until_loaded(seconds(15)));
  const std::lock_guard lock(mutex_);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(InstanceTest, OfflineCheckReportsEveryErrorOfEveryCollection) {
  CheckReport report = check(options());
  EXPECT_THAT(report.errors, IsEmpty());
  ASSERT_THAT(report.collections, SizeIs(2));
  EXPECT_EQ(report.collections[0].files, 3U);
  EXPECT_EQ(report.collections[0].entries, 2U) << "apps";
  EXPECT_EQ(report.collections[1].entries, 2U);

  write("config/payment.yaml", "a: 1\na: 2\n");
  write("config/search.json", "{");
  write("inventory/a.ndjson", record("A", 1) + record("A", 1));
  report = check(options());
  EXPECT_THAT(report.errors, SizeIs(3));

  InstanceOptions missing = options();
  missing.collections[0].directory = root_ + "/nowhere";
  report = check(missing);
  ASSERT_THAT(report.errors, SizeIs(2));
  EXPECT_THAT(report.errors[0].text(), HasSubstr("nowhere"));
}

TEST_F(InstanceTest, APublicationByTheProgramItselfDoesNotLoseTheFiles) {
  open();
  ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
  auto& publisher = instance_->publisher();
  snapshot::TreeBuilder builder(nullptr);
  snapshot::DocumentBuilder document("extra");
  document.begin_object({});
  document.end_object();
  builder.put_layer(document.finish());
  const Revision base =
      instance_->read([](const snapshot::Snapshot& s) { return s.find("config")->changed_at; });
  ASSERT_TRUE(publisher.submit_and_wait({"config", base, builder.finish(), "by hand", 0}));
  EXPECT_EQ(value("payment", "log"), "no app");
  write("config/payment.yaml", "db: 1\n");
  EXPECT_TRUE(eventually([&] { return value("payment", "db") == "1"; }));
  EXPECT_EQ(value("payment", "log"), R"("info")") << "from a file that did not change";
  EXPECT_EQ(value("extra", ""), "no app");
}

TEST_F(InstanceTest, ReadersAndEditsWhileItIsTakenDown) {
  for (int round = 0; round < 5; ++round) {
    open();
    if (round > 0) {
      ASSERT_TRUE(instance_->wait_until_loaded(seconds(15)));
    }
    std::atomic<bool> stop{false};
    std::atomic<bool> stop_editor{false};
    std::thread editor([&] {
      for (int i = 0; !stop_editor; ++i) {
        write("config/payment.yaml", "db: " + std::to_string(i) + "\n");
        std::this_thread::sleep_for(milliseconds(1));
      }
    });
    std::thread reader([&] {
      while (!stop) EXPECT_NE(value("payment", "db"), "no path");
    });
    std::this_thread::sleep_for(milliseconds(40));
    stop = true;
    reader.join();
    instance_.reset();  // while files change
    stop_editor = true;
    editor.join();
    EXPECT_EQ(snapshot::Snapshot::alive(), 0U);
  }
}

}  // namespace
}  // namespace lull
