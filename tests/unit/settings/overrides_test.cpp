#include "settings/overrides.h"

#include <gtest/gtest.h>

#include "settings/listen_address.h"

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
  EXPECT_EQ(overrides.unused(), std::vector<std::string>{"LULL_LISTN"});
}

TEST(Overrides, AFlagWinsOverTheEnvironment) {
  const char* const environment[] = {"LULL_THREADS=2", nullptr};
  Overrides overrides;
  overrides.add_environment(environment);
  overrides.add_flag("threads", "7", "--threads");
  EXPECT_EQ(overrides.find("threads")->text, "7");
  EXPECT_EQ(overrides.find("threads")->origin, "--threads");
  EXPECT_TRUE(overrides.unused().empty()) << "a variable that a flag covers is not misspelt";
}

TEST(ListenAddress, AcceptsHostAndPort) {
  EXPECT_EQ(ListenAddress::parse("127.0.0.1:8080")->text(), "127.0.0.1:8080");
  EXPECT_EQ(ListenAddress::parse("[::1]:80")->text(), "[::1]:80");
  EXPECT_EQ(ListenAddress::parse("localhost:80")->host, "127.0.0.1");
}

TEST(ListenAddress, RefusesTheRest) {
  for (const char* text :
       {"", "8080", ":8080", "::1:80", "a:", "a:65536", "a:-1", "a:80x", "[]:80"}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
}

}  // namespace
}  // namespace lull::settings
