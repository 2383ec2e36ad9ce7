// Loads so large that they are built in parts: the outcome must not tell.
#include <gmock/gmock.h>

#include <iomanip>
#include <sstream>

#include "lull/publish/table_loader.h"
#include "support.h"

namespace lull::publish {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kRecords = 60'000;  // and 10 MB of text: beyond both bounds of one part

std::string line(int number, int value) {
  std::ostringstream out;
  out << R"({"sku":"SKU-)" << number << R"(","warehouse":"w)" << (number + value) % 7
      << R"(","available":)" << value << R"(,"note":")" << std::setw(110) << value << "\"}\n";
  return out.str();
}

class LargeLoad : public ::testing::Test {
 protected:
  Checked<std::optional<Candidate>> load(std::string text, const char* name = "a.ndjson") {
    source::ChangeSet set;
    set.initial = !base_.loaded();
    set.changes.push_back({name, std::string("/src/") + name, std::move(text)});
    return loader_->load(std::move(set), base_);
  }
  std::string apply(std::string text, const char* name = "a.ndjson") {
    auto loaded = load(std::move(text), name);
    if (!loaded) return loaded.error().front().text();
    loader_->commit();
    if (!*loaded) return "same";
    std::visit([&](auto& data) { base_.data = data; }, (*loaded)->data);
    ++base_.changed_at.number;
    return (*loaded)->summary;
  }
  /// The same files in small steps.
  void expect_as_in_small_steps(const std::vector<std::string>& lines) const {
    std::vector<snapshot::RecordChange> changes;
    auto table = snapshot::TableBuilder::empty({table_spec().records.indexes},
                                               std::make_shared<MemoryAccount>());
    codec::RawRecords file;
    for (const std::string& text : lines) {
      auto record = codec::parse_record({text, 1, {}}, file, codec::RecordFormat::kNdjson, "f",
                                        table_spec().records);
      ASSERT_TRUE(record);
      std::string key = record->key;
      changes.push_back(
          {key, snapshot::RecordInput{key, record->json, record->index_values, record->quantity}});
    }
    std::ranges::sort(changes, {}, &snapshot::RecordChange::key);
    table = snapshot::TableBuilder::apply(table, changes).value();
    ASSERT_EQ(base_.table()->content_hash(), table->content_hash());
    ASSERT_EQ(base_.table()->size(), table->size());
    const snapshot::PageRequest::Where where[] = {{"warehouse", "w3"}};
    for (const bool indexed : {false, true}) {
      snapshot::PageRequest request;
      request.limit = kRecords;
      request.scan_max = kRecords;
      if (indexed) request.where = where;
      ASSERT_EQ(keys(*base_.table(), request), keys(*table, request));
    }
  }
  static std::vector<std::string> keys(const snapshot::Table& table,
                                       const snapshot::PageRequest& request) {
    std::vector<std::string> out;
    EXPECT_TRUE(table.page(request, [&out](const auto& r) { out.emplace_back(r.key); }));
    return out;
  }
  static std::string join(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& text : lines) out += text;
    return out;
  }

  snapshot::Collection base_{
      "inventory", snapshot::CollectionKind::kTable, std::monostate{}, {1, 0}};
  std::shared_ptr<MemoryAccount> account_ = std::make_shared<MemoryAccount>();
  Progress progress_;
  std::unique_ptr<Loader> loader_ = make_loader(table_spec(), account_, progress_);
};

TEST_F(LargeLoad, IsWhatSmallStepsMake) {
  std::vector<std::string> lines;
  for (int i = 0; i < kRecords; ++i) lines.push_back(line(i, 1));
  EXPECT_EQ(apply(join(lines)), "60000 records added");
  expect_as_in_small_steps(lines);
  const std::uint64_t alive = account_->bytes();

  // All values change, some records go, some come.
  lines.clear();
  for (int i = 500; i < kRecords + 500; ++i) lines.push_back(line(i, 2));
  EXPECT_EQ(apply(join(lines)), "500 records added, 59500 changed, 500 removed");
  expect_as_in_small_steps(lines);
  EXPECT_NEAR(static_cast<double>(account_->bytes()), static_cast<double>(alive),
              static_cast<double>(alive) / 50);

  // One line of many: one record, by name.
  const std::uint64_t parsed = progress_.parsed();
  lines[123] = line(623, 9);
  EXPECT_EQ(apply(join(lines)), "1 record changed: SKU-623");
  EXPECT_EQ(progress_.parsed() - parsed, 1U);
  // A few of a large file are told in the order of keys, whatever their hashes.
  for (const int i : {50'000, 40, 3000, 17}) lines[i] = line(i + 500, 9);
  EXPECT_EQ(apply(join(lines)), "4 records changed: SKU-3500, SKU-50500, SKU-517, SKU-540");
  expect_as_in_small_steps(lines);
}

TEST_F(LargeLoad, DuplicatesAreFoundInEveryPart) {
  std::string all;
  for (int i = 0; i < kRecords; ++i) all += line(i, 1);
  EXPECT_EQ(apply(all), "60000 records added");
  std::string twice;
  for (int i = 0; i < kRecords; ++i) twice += line(i, 2);
  for (const int i : {0, 1000, 59'999}) twice += line(i, 3);
  const auto within = load(twice);
  ASSERT_FALSE(within);
  EXPECT_THAT(within.error(), SizeIs(3));
  EXPECT_THAT(within.error()[1].text(),
              HasSubstr("/src/a.ndjson:60002: key 'SKU-1000' is defined twice, also at "
                        "/src/a.ndjson:1001"));
  const auto across = load(all, "copy.ndjson");
  ASSERT_FALSE(across);
  EXPECT_THAT(across.error(), SizeIs(ErrorList::kErrorsMax + 1));
  loader_->discard();
  EXPECT_EQ(apply(all), "same") << "nothing of it is remembered";
}

TEST_F(LargeLoad, IsOfferedAgainOnANewerBaseWithoutBeingRead) {
  std::string all;
  for (int i = 0; i < kRecords; ++i) all += line(i, 1);
  const auto loaded = load(all);
  ASSERT_TRUE(loaded && *loaded);
  const std::uint64_t parsed = progress_.parsed();
  ++base_.changed_at.number;
  const auto again = loader_->again(base_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->base, base_.changed_at);
  EXPECT_EQ(again->summary, (*loaded)->summary);
  EXPECT_EQ(again->data, (*loaded)->data);
  EXPECT_EQ(progress_.parsed(), parsed);
  base_.data = std::get<1>(again->data);
  EXPECT_FALSE(loader_->again(base_)) << "it is there by now";
}

/// Each look at it is a second later.
class FastClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return {}; }
  [[nodiscard]] Steady steady() const override { return Steady(std::chrono::seconds(++looks_)); }

 private:
  mutable int looks_ = 0;
};

TEST_F(LargeLoad, EndsSoonAfterAStop) {
  std::string all;
  for (int i = 0; i < kRecords; ++i) all += line(i, 1);
  const FastClock clock;
  Progress progress(clock, [&progress](const Progress::State&) { progress.stop(); });
  loader_ = make_loader(table_spec(), account_, progress);
  const auto loaded = load(all);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error(), SizeIs(1));
  EXPECT_EQ(loaded.error().front().text(), "the load was stopped");
  const std::uint64_t parsed = progress.parsed();
  EXPECT_GT(parsed, 0U);
  EXPECT_LT(parsed, std::uint64_t{kRecords} / 2);
  EXPECT_FALSE(load(all)) << "nor does another begin";
  EXPECT_EQ(progress.parsed(), parsed);
}

}  // namespace
}  // namespace lull::publish
