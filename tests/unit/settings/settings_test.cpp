#include "settings/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace lull::settings {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "lull-settings-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SettingsTest() override { std::filesystem::remove_all(directory_); }

  Checked<Settings> load(const std::string& text, const Overrides& overrides = {}) {
    std::ofstream(file()) << text;
    return load_settings(file(), overrides);
  }

  /// Every error of a file as text, without the directory.
  std::vector<std::string> errors(const std::string& text, const Overrides& overrides = {}) {
    const auto settings = load(text, overrides);
    std::vector<std::string> out;
    if (settings) return out;
    for (const Error& error : settings.error()) {
      std::string line = error.text();
      if (line.starts_with(directory_)) line.erase(0, directory_.size() + 1);
      out.push_back(line);
    }
    return out;
  }

  [[nodiscard]] std::string file() const { return directory_ + "/service.yaml"; }
  std::string directory_;
};

constexpr const char* kWhole = R"(listen: 127.0.0.1:9090
threads: 3
data_dir: ../var
collections:
  config:
    kind: tree
    profiles: [dev, prod, eu]
    profile_combinations: [[prod, eu]]
    source: {files: documents}
  inventory:
    kind: table
    source: {files: inventory}
    key: sku
    fields: {sku: string, warehouse: string, available: integer, price: number}
    indexes: [warehouse]
    quantity: available
limits: {request_body_bytes_max: 1000, pin_age_max_ms: 7, reply_bytes_alive_max: 5000000}
retention: {revisions_max: 3}
files: {quiet_ms: 5, force_polling: true}
log: {format: json, level: warn}
)";

TEST_F(SettingsTest, ReadsEveryPart) {
  const auto settings = load(kWhole);
  ASSERT_TRUE(settings) << settings.error().front().text();
  EXPECT_EQ(settings->listen.front().port, 9090);
  EXPECT_EQ(settings->threads, 3U);
  EXPECT_EQ(settings->log_format, "json");
  EXPECT_EQ(settings->http.request_body_bytes_max, 1000U);
  EXPECT_EQ(settings->http.pin_age_max_ms.count(), 7);
  EXPECT_EQ(settings->http.reply_bytes_alive_max, 5'000'000U);
  EXPECT_EQ(settings->instance.publisher.retained_revisions_max, 3U);
  EXPECT_EQ(settings->instance.files.quiet.count(), 5);
  EXPECT_TRUE(settings->instance.files.force_polling);
  ASSERT_THAT(settings->instance.collections, SizeIs(2));
  const auto& config = settings->instance.collections[0];
  EXPECT_EQ(config.directory, directory_ + "/documents") << "relative to the file";
  EXPECT_THAT(config.profiles, ElementsAre("dev", "prod", "eu"));
  EXPECT_THAT(config.profile_combinations, ElementsAre(ElementsAre("prod", "eu")));
  const auto& inventory = settings->instance.collections[1];
  EXPECT_EQ(inventory.kind, snapshot::CollectionKind::kTable);
  EXPECT_EQ(inventory.records.key, "sku");
  EXPECT_THAT(inventory.records.fields, SizeIs(4));
  EXPECT_EQ(inventory.records.quantity, "available");
}

TEST_F(SettingsTest, OverridesWinAndKeepTheirOwnPaths) {
  Overrides overrides;
  overrides.add_flag("listen", "[::1]:1", "--listen");
  overrides.add_flag("data_dir", "here", "--data-dir");
  const auto settings = load(kWhole, overrides);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->listen.front().text(), "[::1]:1");
  EXPECT_EQ(settings->instance.publisher.data_dir, "here") << "relative to the working directory";
}

TEST_F(SettingsTest, AnOverrideIsCheckedLikeTheFile) {
  Overrides overrides;
  overrides.add_flag("threads", "many", "--threads");
  EXPECT_THAT(errors(kWhole, overrides),
              ElementsAre("--threads: expected an integer from 1 to 256, found 'many'"));
}

TEST_F(SettingsTest, ASourceFromOutsideIsRelativeToTheWorkingDirectory) {
  const char* const environment[] = {"LULL_COLLECTIONS_CONFIG_SOURCE_FILES=there", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  const auto settings = load(kWhole, overrides);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->instance.collections[0].directory, "there");
}

TEST_F(SettingsTest, ABadAddressFromOutsideIsNotTheFilesFault) {
  const char* const environment[] = {"LULL_LISTEN=bar", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  EXPECT_THAT(errors(kWhole, overrides),
              ElementsAre(::testing::StartsWith("LULL_LISTEN: 'bar' is not an address")));
  overrides.add_flag("listen", "foo", "--listen");
  EXPECT_THAT(errors(kWhole, overrides),
              ElementsAre(::testing::StartsWith("--listen: 'foo' is not an address")));
}

TEST_F(SettingsTest, AMissingFileSaysHowToNameOne) {
  const auto settings = load_settings(directory_ + "/none.yaml", {});
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().front().text(),
              AllOf(HasSubstr("none.yaml"), HasSubstr("No such file"), HasSubstr("--config")));
}

TEST_F(SettingsTest, BrokenYamlHasItsLine) {
  EXPECT_THAT(errors("listen: [\nthreads: 1\n"), ElementsAre(HasSubstr("service.yaml:")));
}

TEST_F(SettingsTest, UnknownKeysNameTheNearest) {
  EXPECT_THAT(errors("lisen: 127.0.0.1:1\n" +
                     std::string(kWhole).substr(std::string(kWhole).find("threads"))),
              ElementsAre(AllOf(HasSubstr("service.yaml:1:"), HasSubstr("unknown key 'lisen'"),
                                HasSubstr("did you mean 'listen'?"))));
}

TEST_F(SettingsTest, EachAllowedKeyIsNamedOnce) {
  EXPECT_THAT(errors("completely_else: 1\n" + std::string(kWhole)),
              ElementsAre(HasSubstr("allowed here: listen, admin_listen, threads,")));
}

TEST_F(SettingsTest, ReportsEveryErrorAtOnce) {
  const auto all = errors(R"(listen: nowhere
threads: 0
limits: {idle_timeout: 5}
collections:
  Bad:
    kind: heap
  stock:
    kind: table
    source: {files: inventory}
    key: sku
    fields: {sku: integer, n: float}
    indexes: [nowhere]
)");
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("'nowhere' is not an address to listen on")));
  EXPECT_THAT(all,
              ::testing::Contains(AllOf(HasSubstr("service.yaml:2:"), HasSubstr("from 1 to 256"))));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("did you mean 'idle_timeout_ms'?")));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("'Bad' is not a collection name")));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("expected one of tree, table")));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("a collection needs a source")));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("unknown type 'float'")));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("'sku' must be declared as string")));
  EXPECT_THAT(all, ::testing::Contains(HasSubstr("'nowhere' is not a declared field")));
}

TEST_F(SettingsTest, ErrorsComeInTheOrderOfTheFile) {
  const auto all = errors("limits: {files_max: x}\nlog: {level: loud}\nthreads: 0\n" +
                          std::string(kWhole).substr(std::string(kWhole).find("data_dir"), 19) +
                          "listen: nowhere\ncollections: 5\n");
  EXPECT_THAT(all, ElementsAre(HasSubstr("yaml:1:"), HasSubstr("yaml:2:"), HasSubstr("yaml:3:"),
                               HasSubstr("yaml:5:"), HasSubstr("yaml:6:")));
}

TEST_F(SettingsTest, CombinationsAreListsOfLists) {
  const std::string whole = kWhole;
  for (const char* wrong : {"[{x: prod, y: eu}]", "{a: [prod, eu]}", "prod", "[prod, eu]"}) {
    std::string text = whole;
    text.replace(text.find("[[prod, eu]]"), 12, wrong);
    EXPECT_THAT(errors(text), ElementsAre(HasSubstr("expected a list of lists of profiles")))
        << wrong;
  }
}

TEST_F(SettingsTest, CollectionsAreMappings) {
  EXPECT_THAT(errors("collections: [a]\n"),
              ElementsAre(HasSubstr("expected a mapping, found a list")));
  EXPECT_THAT(errors("collections: 5\n"),
              ElementsAre(HasSubstr("expected a mapping, found a number")));
  EXPECT_THAT(errors("collections: {config: 5}\n"),
              ElementsAre(HasSubstr("expected a mapping, found a number")));
}

TEST_F(SettingsTest, NoCollectionIsAnError) {
  EXPECT_THAT(errors("threads: 1\n"), ElementsAre(HasSubstr("no collection is declared")));
  EXPECT_THAT(errors("collections: {}\n"), ElementsAre(HasSubstr("no collection is declared")));
  EXPECT_THAT(errors("collections:\n"), ElementsAre(HasSubstr("no collection is declared")));
}

TEST_F(SettingsTest, MisspeltVariablesAreWarnings) {
  const char* const environment[] = {"LULL_LISSTEN=x", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  const auto settings = load(kWhole, overrides);
  ASSERT_TRUE(settings);
  EXPECT_THAT(settings->warnings,
              ElementsAre(HasSubstr("LULL_LISSTEN names no setting and is ignored; did you "
                                    "mean LULL_LISTEN?")));
}

}  // namespace
}  // namespace lull::settings
