#include "lull/publish/table_loader.h"

#include <gmock/gmock.h>

#include "support.h"

namespace lull::publish {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class Feed {
 public:
  using Files = std::vector<std::pair<std::string, std::optional<std::string>>>;

  explicit Feed(const CollectionSpec& spec = table_spec())
      : loader(make_loader(spec, account, progress)) {}

  Checked<std::optional<Candidate>> load(const Files& files) {
    source::ChangeSet set;
    set.initial = base.changed_at.number == 0;
    for (const auto& [name, bytes] : files) set.changes.push_back({name, "/src/" + name, bytes});
    return loader->load(set, base);
  }
  std::string apply(const Files& files) {
    auto loaded = load(files);
    if (!loaded) {
      std::string out;
      for (const Error& error : loaded.error()) out += error.text() + "\n";
      return out;
    }
    loader->commit();
    if (!*loaded) return "same";
    std::visit([&](auto& data) { base.data = data; }, (*loaded)->data);
    ++base.changed_at.number;
    return (*loaded)->summary;
  }
  [[nodiscard]] std::string json(std::string_view key) const {
    const auto found = base.table()->find(key);
    return found ? std::string(found->json) : "none";
  }
  /// How many records the next apply parses.
  std::uint64_t newly_parsed() {
    return progress.parsed() - std::exchange(seen_, progress.parsed());
  }

  snapshot::Collection base{
      "inventory", snapshot::CollectionKind::kTable, std::monostate{}, {1, 0}};
  std::shared_ptr<MemoryAccount> account = std::make_shared<MemoryAccount>();
  Progress progress;
  std::unique_ptr<Loader> loader;

 private:
  std::uint64_t seen_ = 0;
};

std::string line(const std::string& key, int available, const std::string& warehouse = "w") {
  return R"({"sku":")" + key + R"(","warehouse":")" + warehouse + R"(","available":)" +
         std::to_string(available) + "}\n";
}

TEST(TableLoader, WhatIsDiscardedLeavesTheAccount) {
  Feed feed;
  feed.apply({{"a.ndjson", line("A", 1)}});
  const std::uint64_t before = feed.account->bytes();
  ASSERT_TRUE(feed.load({{"b.ndjson", line("B", 1)}}));
  EXPECT_GT(feed.account->bytes(), before);
  feed.loader->discard();
  EXPECT_EQ(feed.account->bytes(), before);
  EXPECT_EQ(feed.apply({{"b.ndjson", line("B", 1)}}), "1 record added: B");
}

TEST(TableLoader, MixesFormatsInOneDirectory) {
  Feed feed;
  EXPECT_EQ(feed.apply({{"a.ndjson", line("A1", 1) + line("A2", 2)},
                        {"b.csv", "sku,warehouse,available\nB1,west,7\n"},
                        {"c.json", "[\n" + line("C1", 3) + "]"}}),
            "4 records added: A1, A2, B1, C1");
  EXPECT_EQ(feed.base.table()->size(), 4U);
  EXPECT_EQ(feed.json("B1"), R"({"available":7,"sku":"B1","warehouse":"west"})");
  EXPECT_EQ(feed.base.table()->find("B1")->quantity, 7);
  const snapshot::PageRequest::Where where[] = {{"warehouse", "west"}};
  snapshot::PageRequest request;
  request.where = where;
  std::vector<std::string> keys;
  ASSERT_TRUE(feed.base.table()->page(
      request, [&](const snapshot::RecordView& record) { keys.emplace_back(record.key); }));
  EXPECT_EQ(keys, std::vector<std::string>{"B1"});
}

TEST(TableLoader, OneEditedLineParsesOneRecord) {
  Feed feed;
  std::string file;
  for (int i = 0; i < 1000; ++i) file += line("SKU-" + std::to_string(i), 1);
  feed.apply({{"a.ndjson", file}});
  EXPECT_EQ(feed.newly_parsed(), 1000U);
  const std::string old = line("SKU-17", 1);
  std::string edited = file;
  edited.replace(edited.find(old), old.size(), line("SKU-17", 2));
  EXPECT_EQ(feed.apply({{"a.ndjson", edited}}), "1 record changed: SKU-17");
  EXPECT_EQ(feed.newly_parsed(), 1U);
  EXPECT_EQ(feed.json("SKU-17"), R"({"available":2,"sku":"SKU-17","warehouse":"w"})");

  EXPECT_EQ(feed.apply({{"a.ndjson", line("new", 1) + edited}}), "1 record added: new");
  EXPECT_EQ(feed.newly_parsed(), 1U) << "all lines moved by one";
  EXPECT_EQ(feed.apply({{"a.ndjson", edited}}), "1 record removed: new");
  EXPECT_EQ(feed.newly_parsed(), 0U);

  // Two lines change places, and one far away is edited.
  std::string swapped = edited;
  const std::string pair = line("SKU-5", 1) + line("SKU-6", 1);
  swapped.replace(swapped.find(pair), pair.size(), line("SKU-6", 1) + line("SKU-5", 1));
  swapped.replace(swapped.find(line("SKU-900", 1)), line("SKU-900", 1).size(), line("SKU-900", 3));
  EXPECT_EQ(feed.apply({{"a.ndjson", swapped}}), "1 record changed: SKU-900");
  EXPECT_EQ(feed.newly_parsed(), 1U);
}

TEST(TableLoader, TheSameRecordWrittenOtherwiseIsNoChange) {
  Feed feed;
  feed.apply({{"a.ndjson", line("A", 1)}});
  EXPECT_EQ(
      feed.apply({{"a.ndjson", "{ \"available\": 1, \"warehouse\":\"w\", \"sku\":\"A\" }\n"}}),
      "same");
  EXPECT_EQ(feed.apply({{"a.ndjson", "\n\n" + line("A", 1)}}), "same");
}

TEST(TableLoader, DuplicatesNameBothPlaces) {
  Feed feed;
  feed.apply({{"a.ndjson", line("A", 1) + line("B", 1)}, {"b.ndjson", line("C", 1)}});
  // Within a file: the same text, and another text.
  EXPECT_EQ(feed.apply({{"a.ndjson", line("A", 1) + line("B", 1) + line("A", 1)}}),
            "/src/a.ndjson:3: key 'A' is defined twice, also at /src/a.ndjson:1 (at A); remove one "
            "of the two records\n");
  EXPECT_THAT(feed.apply({{"a.ndjson", line("B", 1) + line("A", 1) + line("B", 5)}}),
              HasSubstr("/src/a.ndjson:3: key 'B' is defined twice, also at /src/a.ndjson:1"));
  EXPECT_THAT(feed.apply({{"a.ndjson", line("A", 1) + line("B", 1) + line("N", 1) + line("N", 2)}}),
              HasSubstr("/src/a.ndjson:4: key 'N' is defined twice, also at /src/a.ndjson:3"));
  // Across files: with one that did not change, and with one that changed too.
  EXPECT_THAT(feed.apply({{"b.ndjson", line("C", 1) + line("B", 1)}}),
              HasSubstr("/src/b.ndjson:2: key 'B' is defined twice, also at /src/a.ndjson:2"));
  EXPECT_THAT(feed.apply({{"a.ndjson", line("N", 1)}, {"b.ndjson", line("C", 1) + line("N", 1)}}),
              HasSubstr("/src/b.ndjson:2: key 'N' is defined twice, also at /src/a.ndjson:1"));
  EXPECT_EQ(feed.apply({{"b.ndjson", line("C", 2)}}), "1 record changed: C")
      << "nothing remembered";
}

TEST(TableLoader, DuplicatesInTheFirstLoad) {
  Feed feed;
  EXPECT_THAT(feed.apply({{"a.ndjson", line("A", 1)}, {"b.ndjson", line("A", 1)}}),
              HasSubstr("/src/b.ndjson:1: key 'A' is defined twice, also at /src/a.ndjson:1"));
}

TEST(TableLoader, ManyDuplicatesAreFoundInOnePass) {
  Feed feed;
  std::string file;
  for (int i = 0; i < 5'000; ++i) file += line("SKU-" + std::to_string(i), 1);
  feed.apply({{"a.ndjson", file}});
  const auto loaded = feed.load({{"copy.ndjson", file}});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error(), SizeIs(ErrorList::kErrorsMax + 1));
}

TEST(TableLoader, ARecordMovesBetweenFilesInOneChangeSet) {
  Feed feed;
  feed.apply({{"a.ndjson", line("A", 1) + line("B", 1)}, {"b.ndjson", line("C", 1)}});
  EXPECT_EQ(feed.apply({{"a.ndjson", line("A", 1)}, {"b.ndjson", line("B", 1) + line("C", 1)}}),
            "same");
  EXPECT_EQ(feed.apply({{"b.ndjson", line("B", 2) + line("C", 1)}}), "1 record changed: B");
  EXPECT_EQ(feed.apply({{"a.ndjson", std::nullopt}, {"z.ndjson", line("A", 9)}}),
            "1 record changed: A");
  EXPECT_EQ(feed.apply({{"z.ndjson", std::nullopt}}), "1 record removed: A");
  EXPECT_EQ(feed.base.table()->size(), 2U);
}

TEST(TableLoader, EveryErrorOfEveryFileAndNothingIsRemembered) {
  Feed feed;
  feed.apply({{"a.ndjson", line("A", 1)}});
  const auto loaded = feed.load({{"a.ndjson", line("A", 1) + "{\"sku\":\n" + line("B", 1) + "[]\n"},
                                 {"b.csv", "sku,available\nX,many\n"},
                                 {"c.csv", "warehouse\nw\n"}});
  ASSERT_FALSE(loaded);
  std::vector<std::string> places;
  for (const Error& error : loaded.error()) {
    places.push_back(error.where.file + ":" + std::to_string(error.where.line));
  }
  EXPECT_THAT(places, ::testing::ElementsAre("/src/a.ndjson:2", "/src/a.ndjson:4", "/src/b.csv:2",
                                             "/src/c.csv:1"));
  EXPECT_EQ(feed.apply({{"a.ndjson", line("A", 2)}}), "1 record changed: A");
}

TEST(TableLoader, AChangedHeaderMeansOtherRecords) {
  Feed feed;
  feed.apply({{"a.csv", "sku,warehouse\nA,x\nB,y\n"}});
  EXPECT_EQ(feed.apply({{"a.csv", "sku,place\nA,x\nB,y\n"}}), "2 records changed: A, B");
  EXPECT_EQ(feed.json("A"), R"({"place":"x","sku":"A"})");
}

TEST(TableLoader, NoFilesIsAnEmptyTable) {
  Feed feed;
  EXPECT_EQ(feed.apply({}), "no records");
  EXPECT_TRUE(feed.base.loaded());
  EXPECT_EQ(feed.apply({{"a.csv", "sku\n"}}), "same");
}

TEST(TableLoader, RandomEditsEqualLoadingEverything) {
  std::mt19937_64 random(seed());
  Feed feed;
  std::map<std::string, std::vector<std::pair<int, int>>> files;  // name -> (key, value) lines
  const auto text = [](const auto& records) {
    std::string out;
    for (const auto& [key, value] : records) out += line("K" + std::to_string(key), value);
    return out + (out.empty() ? "\n{\"sku\":\"filler\"}\n" : "");
  };
  for (int round = 0; round < 200; ++round) {
    Feed::Files changes;
    std::set<int> used;
    for (const char* name : {"a.ndjson", "b.ndjson", "c.ndjson"}) {
      auto records = files.contains(name) ? files[name] : std::vector<std::pair<int, int>>{};
      if (random() % 2 == 0) {
        std::erase_if(records, [&](auto&) { return random() % 4 == 0; });
        for (auto& record : records) {
          if (random() % 4 == 0) record.second = static_cast<int>(random() % 5);
        }
        for (int i = 0; i < 3; ++i) {
          records.insert(
              records.begin() + static_cast<std::ptrdiff_t>(random() % (records.size() + 1)),
              {static_cast<int>(random() % 40), static_cast<int>(random() % 5)});
        }
        if (records.size() > 1 && random() % 3 == 0) std::swap(records.front(), records.back());
      }
      std::erase_if(records, [&](const auto& record) { return !used.insert(record.first).second; });
      if (records.empty()) {
        if (files.erase(name) != 0) changes.emplace_back(name, std::nullopt);
      } else if (!files.contains(name) || files[name] != records) {
        files[name] = records;
        changes.emplace_back(name, text(records));
      }
    }
    const std::string outcome = feed.apply(changes);
    ASSERT_EQ(outcome.find("twice"), std::string::npos) << outcome;
    Feed fresh;
    Feed::Files all;
    for (const auto& [name, records] : files) all.emplace_back(name, text(records));
    fresh.apply(all);
    ASSERT_EQ(fresh.base.content_hash(), feed.base.content_hash()) << "round " << round;
  }
}

}  // namespace
}  // namespace lull::publish
