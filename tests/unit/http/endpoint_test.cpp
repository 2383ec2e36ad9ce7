#include "http/endpoint.h"

#include <gtest/gtest.h>

namespace lull::http {
namespace {

TEST(Endpoint, AcceptsHostAndPort) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:8080")->text(), "127.0.0.1:8080");
  EXPECT_EQ(Endpoint::parse("[::1]:80")->text(), "[::1]:80");
  EXPECT_EQ(Endpoint::parse("localhost:80")->host, "127.0.0.1");
}

TEST(Endpoint, AcceptsPathsAndInheritedSockets) {
  const auto path = Endpoint::parse("unix:/run/lull.sock");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->kind, Endpoint::Kind::kUnix);
  EXPECT_EQ(path->path, "/run/lull.sock");
  EXPECT_EQ(path->text(), "unix:/run/lull.sock");
  EXPECT_EQ(Endpoint::parse("systemd")->kind, Endpoint::Kind::kSystemd);
  EXPECT_EQ(Endpoint::parse("systemd")->text(), "systemd");
  EXPECT_TRUE(Endpoint::parse("unix:" + std::string(107, 'a'))) << "as long as sun_path has room";
}

TEST(Endpoint, RefusesTheRest) {
  for (const char* text : {"", "8080", ":8080", "::1:80", "a:", "a:65536", "a:-1", "a:80x", "[]:80",
                           "unix:", "system"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
  EXPECT_FALSE(Endpoint::parse("unix:" + std::string(108, 'a')));
}

}  // namespace
}  // namespace lull::http
