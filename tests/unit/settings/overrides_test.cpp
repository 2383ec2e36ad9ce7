#include "settings/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lull::settings {
namespace {

TEST(Overrides, AVariableIsThePathInUpperCase) {
  const char* const environment[] = {"LULL_LISTEN=0.0.0.0:1", "LULL_LIMITS_IDLE_TIMEOUT_MS=5",
                                     "PATH=/bin", "LULL_LISTN=x", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  EXPECT_EQ(overrides.find("listen")->text, "0.0.0.0:1");
  EXPECT_EQ(overrides.find("listen")->origin, "LULL_LISTEN");
  EXPECT_EQ(overrides.find("limits.idle_timeout_ms")->text, "5");
  EXPECT_FALSE(overrides.find("threads").has_value());
  ASSERT_EQ(overrides.misspelt().size(), 1U);
  EXPECT_EQ(overrides.misspelt()[0].variable, "LULL_LISTN");
  EXPECT_EQ(overrides.misspelt()[0].meant, "LULL_LISTEN");
}

TEST(Overrides, AFlagWinsOverTheEnvironment) {
  const char* const environment[] = {"LULL_THREADS=2", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  overrides.add_flag("threads", "7", "--threads");
  EXPECT_EQ(overrides.find("threads")->text, "7");
  EXPECT_EQ(overrides.find("threads")->origin, "--threads");
  EXPECT_TRUE(overrides.misspelt().empty()) << "a variable that a flag covers is not misspelt";
}

TEST(Overrides, OnlyWhatLooksLikeASettingIsMisspelt) {
  const char* const environment[] = {
      "LULL_SEED=1",         "LULL_BIN_DIR=x",           "LULL_SKIP_INSTALL=1",    "LULL_SERVER=x",
      "LULL_LIMITS_WHAT=1",  "LULL_TORTURE_SECONDS=1",   "LULL_DATA_DIRR=1",       "LULL_LIMIT=1",
      "LULL_FILES_MAXIMA=1", "LULL_MODEL_OPERATIONS=10", "LULL_LIMITS_FILE_MAX=1", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  for (const char* path : {"listen", "threads", "data_dir", "limits.files_max", "log.level"}) {
    (void)overrides.find(path);
  }
  std::vector<std::string> found;
  for (const auto& [variable, meant] : overrides.misspelt())
    found.push_back(variable + ">" + meant);
  EXPECT_THAT(found, ::testing::ElementsAre("LULL_DATA_DIRR>LULL_DATA_DIR",
                                            "LULL_LIMITS_FILE_MAX>LULL_LIMITS_FILES_MAX",
                                            "LULL_LIMITS_WHAT>"));
}

}  // namespace
}  // namespace lull::settings
