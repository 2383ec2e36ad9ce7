#include "lull/publish/tree_loader.h"

#include <gmock/gmock.h>

#include "lull/publish/effective.h"
#include "support.h"

namespace lull::publish {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A loader with what it published last.
class Feed {
 public:
  explicit Feed(CollectionSpec spec = tree_spec())
      : base{spec.name, spec.kind, std::monostate{}, {1, 0}},
        account(std::make_shared<MemoryAccount>()),
        loader(make_loader(spec, account, progress)) {}

  using Files = std::vector<std::pair<std::string, std::optional<std::string>>>;

  Checked<std::optional<Candidate>> load(const Files& files) {
    source::ChangeSet set;
    set.initial = base.changed_at.number == 0;
    for (const auto& [name, bytes] : files) set.changes.push_back({name, "/src/" + name, bytes});
    return loader->load(set, base);
  }
  /// Loads and commits; the summary, `same`, or the errors.
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
  std::string effective(std::string_view app, std::vector<std::string_view> profiles = {}) const {
    const auto* document = base.tree()->effective(app, profiles);
    return document == nullptr ? "null" : std::string(document->text());
  }

  std::vector<std::string> apps() const {
    std::vector<std::string> out;
    for (const snapshot::Tree::App& app : base.tree()->apps()) out.push_back(app.name());
    return out;
  }

  snapshot::Collection base;
  std::shared_ptr<MemoryAccount> account;
  Progress progress;
  std::unique_ptr<Loader> loader;
};

CollectionSpec profiled() {
  CollectionSpec spec = tree_spec();
  spec.profiles = {"dev", "prod", "eu"};
  spec.profile_combinations = {{"prod", "eu"}};
  return spec;
}

TEST(TreeLoader, LoadsAllFormatsAndMergesLayers) {
  Feed feed(profiled());
  EXPECT_EQ(feed.apply({{"application.yaml", "log: info\ntimeout: 5\n"},
                        {"payment.json", R"({"db":{"url":"a","pool":1}})"},
                        {"payment-prod.toml", "log = \"warn\"\n[db]\npool = 9\n"},
                        {"application-eu.yaml", "region: eu\n"}}),
            "4 documents added: application, application-eu, payment, payment-prod");
  EXPECT_THAT(feed.apps(), ElementsAre("application", "payment"));
  EXPECT_EQ(feed.effective("payment"), R"({"db":{"pool":1,"url":"a"},"log":"info","timeout":5})");
  EXPECT_EQ(feed.effective("payment", {"prod"}),
            R"({"db":{"pool":9,"url":"a"},"log":"warn","timeout":5})");
  EXPECT_EQ(feed.effective("payment", {"dev"}), feed.effective("payment"));
  EXPECT_EQ(feed.effective("payment", {"prod", "eu"}),
            R"({"db":{"pool":9,"url":"a"},"log":"warn","region":"eu","timeout":5})");
  EXPECT_EQ(feed.effective("payment", {"eu", "prod"}), "null") << "not declared: on demand";
  EXPECT_EQ(feed.effective("application", {"eu"}), R"({"log":"info","region":"eu","timeout":5})");
}

TEST(TreeLoader, VariantsWithTheSameLayersShareOneDocument) {
  Feed feed(profiled());
  feed.apply({{"application.yaml", "a: 1\n"}, {"payment.yaml", "b: 2\n"}});
  const auto* const tree = feed.base.tree();
  const std::string_view dev[] = {"dev"};
  EXPECT_EQ(tree->effective("payment", {}), tree->effective("payment", dev));
  EXPECT_EQ(tree->effective("application", {}), tree->layer("application")) << "one file alone";
}

TEST(TreeLoader, OriginsNameFileAndLine) {
  Feed feed(profiled());
  feed.apply({{"application.yaml", "a: 1\nb: 1\n"}, {"payment.yaml", "# comment\n\nb: 2\n"}});
  const auto* const document = feed.base.tree()->effective("payment", {});
  const auto where = [&](std::string_view path) {
    const auto origin = document->origin(*document->find(path));
    return std::string(document->file(origin.file)) + ":" + std::to_string(origin.line);
  };
  EXPECT_EQ(where("a"), "application.yaml:1");
  EXPECT_EQ(where("b"), "payment.yaml:3");
}

TEST(TreeLoader, OnlyChangedFilesAreParsedAndOnlyDependentsRebuilt) {
  Feed feed(profiled());
  feed.apply({{"application.yaml", "z: 0\n"},
              {"a.yaml", "x: 1\n"},
              {"b.yaml", "x: 1\n"},
              {"b-prod.yaml", "y: 1\n"}});
  ASSERT_EQ(feed.progress.parsed(), 4U);
  const auto* const b = feed.base.tree()->effective("b", {});
  const auto* const a = feed.base.tree()->effective("a", {});
  EXPECT_EQ(feed.apply({{"a.yaml", "x: 2\n"}}), "1 document changed: a");
  EXPECT_EQ(feed.progress.parsed(), 5U);
  EXPECT_EQ(feed.base.tree()->effective("b", {}), b) << "the same object";
  EXPECT_NE(feed.base.tree()->effective("a", {}), a);
  EXPECT_EQ(feed.apply({{"application.yaml", "z: 9\n"}}), "1 document changed: application");
  EXPECT_EQ(feed.progress.parsed(), 6U);
  EXPECT_EQ(feed.effective("a"), R"({"x":2,"z":9})");
  EXPECT_EQ(feed.effective("b", {"prod"}), R"({"x":1,"y":1,"z":9})");
}

TEST(TreeLoader, AddedAndRemovedFiles) {
  Feed feed(profiled());
  feed.apply({{"a.yaml", "x: 1\n"}});
  EXPECT_EQ(feed.apply({{"b-dev.yaml", "y: 1\n"}}), "1 document added: b-dev");
  EXPECT_EQ(feed.effective("b"), "{}") << "an app by its profile layer alone";
  EXPECT_EQ(feed.effective("b", {"dev"}), R"({"y":1})");
  EXPECT_EQ(feed.apply({{"a.yaml", "x: 2\n"}, {"b-dev.yaml", std::nullopt}}),
            "1 document changed: a; 1 removed: b-dev");
  EXPECT_FALSE(feed.base.tree()->has_app("b"));
  EXPECT_EQ(feed.apply({{"application.yaml", "z: 1\n"}}), "1 document added: application");
  EXPECT_EQ(feed.effective("a"), R"({"x":2,"z":1})");
  EXPECT_EQ(feed.apply({{"application.yaml", std::nullopt}}), "1 document removed: application");
  EXPECT_EQ(feed.effective("a"), R"({"x":2})");
}

TEST(TreeLoader, AnEmptyDirectoryIsLoaded) {
  Feed feed;
  EXPECT_EQ(feed.apply({}), "no documents");
  EXPECT_TRUE(feed.base.loaded());
  EXPECT_EQ(feed.apply({}), "same");
}

TEST(TreeLoader, TheSameDataIsNoChangeButMovedLinesAre) {
  Feed feed;
  feed.apply({{"a.yaml", "x: 1\ny: [1, 2]\n"}});
  EXPECT_EQ(feed.apply({{"a.yaml", "x: 1 # the same\ny: [1, 2]\n"}}), "same");
  const Sha256 hash = feed.base.content_hash();
  EXPECT_EQ(feed.apply({{"a.yaml", "# moved\nx: 1\ny: [1, 2]\n"}}), "1 document rewritten: a")
      << "?explain must not point to the wrong line";
  EXPECT_EQ(feed.base.content_hash(), hash);
}

TEST(TreeLoader, EveryErrorOfEveryFileAndNothingIsRemembered) {
  Feed feed;
  feed.apply({{"a.yaml", "x: 1\n"}, {"b.yaml", "x: 1\n"}});
  const auto loaded = feed.load({{"a.yaml", "x: 1\nx: 2\n"},
                                 {"b.yaml", "x: 2\n"},
                                 {"c.json", "{\n\n\"x\": }"},
                                 {"d e.yaml", "x: 1\n"}});
  ASSERT_FALSE(loaded);
  ASSERT_THAT(loaded.error(), SizeIs(3));
  EXPECT_EQ(loaded.error()[0].where.file, "/src/a.yaml");
  EXPECT_EQ(loaded.error()[0].where.line, 2U);
  EXPECT_EQ(loaded.error()[0].code, ErrorCode::kDuplicate);
  EXPECT_EQ(loaded.error()[1].where.file, "/src/c.json");
  EXPECT_EQ(loaded.error()[1].where.line, 3U);
  EXPECT_THAT(loaded.error()[2].text(), HasSubstr("'d e' cannot name a document"));
  EXPECT_EQ(feed.apply({{"b.yaml", "x: 2\n"}}), "1 document changed: b");
}

TEST(TreeLoader, TwoFilesForOneDocumentAreRefusedNamingBoth) {
  Feed feed;
  feed.apply({{"a.yaml", "x: 1\n"}});
  EXPECT_THAT(feed.apply({{"a.json", R"({"x":2})"}}),
              HasSubstr("/src/a.json: document 'a' is defined by both a.yaml and a.json"));
  EXPECT_THAT(feed.apply({{"b.toml", "x = 1\n"}, {"b.yml", "x: 1\n"}}),
              HasSubstr("defined by both b.toml and b.yml"));
  EXPECT_EQ(feed.apply({{"a.json", R"({"x":2})"}, {"a.yaml", std::nullopt}}),
            "1 document changed: a")
      << "a change of format in one change set is fine";
}

TEST(TreeLoader, EffectiveDocumentsAreBounded) {
  CollectionSpec spec = profiled();
  spec.effective_documents_max = 14;
  Feed feed(spec);
  EXPECT_THAT(feed.apply({{"a.yaml", "x: 1\n"}, {"b.yaml", "x: 1\n"}, {"c.yaml", "x: 1\n"}}),
              HasSubstr("3 apps times 5 combinations of profiles are 15 effective documents, more "
                        "than effective_documents_max of 14"));
  spec.effective_documents_max = 15;
  spec.effective_bytes_max = 30;
  Feed small(spec);
  EXPECT_THAT(small.apply({{"application.yaml", "abcdefghi: jklmnopqrst\n"}, {"c.yaml", "x: 1\n"}}),
              HasSubstr("effective_bytes_max of 30 bytes of memory, at app 'c'"));
}

TEST(TreeLoader, EffectiveDocumentsAreBoundedByTheirMemoryNotTheirText) {
  std::string zeros = R"({"list":[0)";
  for (int i = 0; i < 1000; ++i) zeros += ",0";
  zeros += "]}";
  Feed::Files files = {{"application.json", zeros}};
  for (int i = 0; i < 10; ++i) files.emplace_back("app" + std::to_string(i) + ".yaml", "x: 1\n");
  CollectionSpec spec = tree_spec();
  spec.effective_bytes_max = 100'000;  // the text of all is 20,000
  Feed small(spec);
  EXPECT_THAT(small.apply(files), HasSubstr("effective_bytes_max"));
  spec.effective_bytes_max = 1'000'000;
  Feed enough(spec);
  EXPECT_THAT(enough.apply(files), HasSubstr("11 documents added"));
}

TEST(TreeLoader, TheTreeItselfIsOnTheAccount) {
  Feed feed(profiled());
  Feed::Files files;
  for (int i = 0; i < 500; ++i) files.emplace_back("app" + std::to_string(i) + ".yaml", "x: 1\n");
  feed.apply(files);
  std::uint64_t documents = 0;  // each app's effective documents are its one layer
  for (const auto& layer : feed.base.tree()->layers()) documents += layer->memory_bytes();
  const std::uint64_t tree = feed.base.tree()->memory_bytes();
  EXPECT_GT(feed.account->bytes(), documents + tree + 500 * 3 * sizeof(void*))
      << "and each app's list of variants, and chunks of pointers";

  const auto changed = feed.load({{"app7.yaml", "x: 2\n"}});
  ASSERT_TRUE(changed);
  EXPECT_GT((*changed)->replaced_bytes, tree);
}

TEST(TreeLoader, AChangeOfOneAmongManyMakesLittle) {
  Feed feed(profiled());
  Feed::Files files;
  for (int i = 0; i < 3000; ++i) files.emplace_back("app" + std::to_string(i) + ".yaml", "x: 1\n");
  feed.apply(files);
  const auto before = feed.base.data;  // keeps all of it
  const std::uint64_t bytes = feed.account->bytes();
  EXPECT_EQ(feed.apply({{"app77.yaml", "x: 2\n"}, {"app1234.yaml", std::nullopt}}),
            "1 document changed: app77; 1 removed: app1234");
  EXPECT_EQ(feed.base.tree()->layers().size(), 2999U);
  EXPECT_EQ(feed.base.tree()->apps().size(), 2999U);
  EXPECT_LT(feed.account->bytes() - bytes, bytes / 40) << "some chunks, and pointers to all";
}

TEST(TreeLoader, WhatIsDiscardedLeavesTheAccount) {
  Feed feed(profiled());
  feed.apply({{"a.yaml", "x: 1\n"}});
  const std::uint64_t before = feed.account->bytes();
  ASSERT_TRUE(feed.load({{"b.yaml", "x: 1\n"}}));
  EXPECT_GT(feed.account->bytes(), before);
  feed.loader->discard();
  EXPECT_EQ(feed.account->bytes(), before);
  EXPECT_EQ(feed.apply({{"b.yaml", "x: 1\n"}}), "1 document added: b");
}

TEST(TreeLoader, ANameThatTwoAppsClaimIsMergedAlikeEverywhere) {
  // `a-b-c` is the layer b-c of a, and by its name also the layer c of a-b.
  CollectionSpec spec = tree_spec();
  spec.profiles = {"c", "b-c"};
  Feed feed(spec);
  feed.apply({{"a-b.yaml", "x: 1\n"}, {"a-b-c.yaml", "x: 2\n"}});
  EXPECT_EQ(feed.effective("a", {"b-c"}), R"({"x":2})");
  EXPECT_EQ(feed.effective("a-b", {"c"}), R"({"x":2})");
  feed.apply({{"a-b-c.yaml", "x: 3\n"}});
  EXPECT_EQ(feed.effective("a", {"b-c"}), R"({"x":3})");
  EXPECT_EQ(feed.effective("a-b", {"c"}), R"({"x":3})");
}

/// Merge on demand gives what was built at publication, after any sequence of changes.
TEST(TreeLoader, RandomChangesAgreeWithMergingOnDemand) {
  std::mt19937_64 random(seed());
  Feed feed(profiled());
  const std::vector<std::string> apps = {"application", "a", "b", "c-d"};
  const std::vector<std::string> suffixes = {"", "-dev", "-prod", "-eu"};
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  const auto text = [&] {
    std::string out = "k: " + std::to_string(random() % 3) + "\n";
    for (const char* key : {"m", "n", "o"}) {
      if (random() % 2 == 0) continue;
      out += std::string(key) + ":" +
             (random() % 3 == 0 ? " \"s\\t\\u0001\\\"\\\\é\"\n"
                                : "\n  p: " + std::to_string(random() % 3) + "\n  q" +
                                      std::to_string(random() % 2) + ": [1, {r: true}, null]\n");
    }
    return out;
  };
  std::map<std::string, std::string> files;
  for (int round = 0; round < 200; ++round) {
    Feed::Files changes;
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      const std::string name = pick(apps) + pick(suffixes) + ".yaml";
      if (std::ranges::any_of(changes, [&](const auto& c) { return c.first == name; })) continue;
      if (files.contains(name) && random() % 3 == 0) {
        files.erase(name);
        changes.emplace_back(name, std::nullopt);
      } else {
        changes.emplace_back(name, files[name] = text());
      }
    }
    feed.apply(changes);
    const auto& tree = *feed.base.tree();
    for (const std::string& app : feed.apps()) {
      for (const std::vector<std::string_view>& profiles :
           std::vector<std::vector<std::string_view>>{
               {}, {"dev"}, {"prod"}, {"eu"}, {"prod", "eu"}}) {
        const auto* const built = tree.effective(app, profiles);
        ASSERT_NE(built, nullptr) << app;
        const auto demanded = merge_effective(tree, app, profiles);
        ASSERT_EQ(built->text(), demanded->text()) << "round " << round << ' ' << app;
        ASSERT_EQ(built->content_hash(), demanded->content_hash());
      }
    }
    // And the whole equals what a loader makes that never saw anything else.
    Feed fresh(profiled());
    fresh.apply({files.begin(), files.end()});
    ASSERT_EQ(fresh.base.content_hash(), feed.base.content_hash()) << "round " << round;
    ASSERT_EQ(fresh.apps(), feed.apps());
  }
}

}  // namespace
}  // namespace lull::publish
