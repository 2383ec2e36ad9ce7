// Row 38: one canonical check refuses what no key may be, whatever way it comes in.
#include "shop.h"

namespace lull::api::test {
namespace {

struct BadPath {
  const char* target;
  const char* why;
};

class Path : public FilledShop {};

TEST_F(Path, WhatNoKeyMayBeIsRefused) {
  const BadPath cases[] = {
      {"/v1/", "no collection"},
      {"/v1//payment", "empty collection"},
      {"/v1/config/", "trailing slash"},
      {"/v1/config/payment/", "trailing slash"},
      {"/v1/config/payment//db", "empty segment"},
      {"/v1/config//payment", "empty segment"},
      {"/v1/config/../config/payment", "dot dot"},
      {"/v1/../v1/config", "dot dot as the collection"},
      {"/v1/config/payment/./db", "dot"},
      {"/v1/config/payment/..", "dot dot at the end"},
      {"/v1/config/%2e%2e/payment", "escaped dot dot"},
      {"/v1/config/%2E%2e/payment", "escaped dot dot, mixed case"},
      {"/v1/config/.%2e/payment", "half escaped dot dot"},
      {"/v1/config/%2e/payment", "escaped dot"},
      {"/v1/config/payment%2F..%2Fsearch", "dot dot between escaped slashes"},
      {"/v1/config/payment%2F", "escaped trailing slash"},
      {"/v1/config/payment%2F%2Fdb", "empty segment between escaped slashes"},
      {"/v1/inventory/parts%2F", "escaped trailing slash in a table"},
      {"/v1/inventory/../SKU-1", "dot dot in a table"},
      {"/v1/inventory/%2e%2e%2fSKU-1", "escaped dot dot in a table"},
      {"/v1/inventory/SKU-1%00", "NUL"},
      {"/v1/config/pay%00ment", "NUL"},
      {"/v1/config/payment/a%0ab", "line feed"},
      {"/v1/config/payment/%7f", "DEL"},
      {"/v1/config/payment/%c0%af", "overlong slash"},
      {"/v1/config/%c0%ae%c0%ae/payment", "overlong dot dot"},
      {"/v1/config/payment/%e0%80%af", "overlong slash, three bytes"},
      {"/v1/config/payment/%f0%80%80%af", "overlong slash, four bytes"},
      {"/v1/inventory/%c0%80", "overlong NUL"},
      {"/v1/inventory/%ed%a0%80", "surrogate"},
      {"/v1/inventory/%f4%90%80%80", "above U+10FFFF"},
      {"/v1/inventory/%ff", "no UTF-8 at all"},
      {"/v1/inventory/%c3", "cut off"},
      {"/v1/inventory/SKU%", "escape without digits"},
      {"/v1/inventory/SKU%4", "escape with one digit"},
      {"/v1/inventory/SKU%zz", "escape with other characters"},
      {"/v1/inventory/SKU%+1", "escape with a sign"},
      {"/v1/%2e%2e", "dot dot as the collection, escaped"},
      {"/v1/config%00", "NUL in the collection"},
  };
  for (const BadPath& one : cases) {
    const Recorded reply = shop_.get(one.target);
    EXPECT_EQ(reply.status(), 400U) << one.target << ": " << one.why;
    EXPECT_EQ(reply.code(), "invalid_path") << one.target << ": " << one.why;
  }
}

TEST_F(Path, ItIsDecodedOnceAndThenSplit) {
  EXPECT_EQ(shop_.get("/v1/config%2Fpayment%2Fdb%2Fpool").body(), "10");
  EXPECT_EQ(shop_.get("/v1/%63onfig/p%61yment/db/pool").body(), "10");
  // Decoded once: %252e is the text "%2e", which is a key like any other, and no dot.
  EXPECT_EQ(shop_.get("/v1/config/payment/%252e%252e/db").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/inventory/%252e%252e").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/inventory/...").code(), "not_found");
  // A plus is a plus in a path.
  EXPECT_EQ(shop_.get("/v1/inventory/SKU+1").detail(),
            "no record 'SKU+1' in collection 'inventory'");
}

TEST_F(Path, KeysAreBounded) {
  const std::string fits = "/v1/inventory/" + std::string(kKeyBytesMax, 'k');
  EXPECT_EQ(shop_.get(fits).code(), "not_found");
  EXPECT_EQ(shop_.get(fits + "k").code(), "invalid_path");
  std::string escaped = "/v1/inventory/";
  for (std::size_t i = 0; i < kKeyBytesMax; ++i) escaped += "%6b";
  EXPECT_EQ(shop_.get(escaped).code(), "not_found");
  EXPECT_EQ(shop_.get(escaped + "%6b").code(), "invalid_path");
  for (int i = 0; i < 200; ++i) escaped += "%6b";
  EXPECT_EQ(shop_.get(escaped).code(), "invalid_path");
}

TEST_F(Path, ABatchRefusesTheSameKeys) {
  const char* const keys[] = {"config/../config/payment",
                              "config/payment/",
                              "config//payment",
                              "/config/payment",
                              "inventory/..",
                              "inventory/a\\u0000b",
                              "config",
                              "",
                              "config/",
                              "config/payment/a~2",
                              "../inventory/SKU-1",
                              "inventory/a/./b"};
  for (const char* key : keys) {
    const Recorded reply = shop_.post("/v1:batch", R"({"keys":[")" + std::string(key) + R"("]})");
    EXPECT_EQ(reply.status(), 200U) << key;
    EXPECT_EQ(reply.json().at("results").at(0).at("error"), "invalid_key") << key;
  }
  // No byte of a batch key is an escape of URLs.
  const Recorded reply = shop_.post("/v1:batch", R"({"keys":["config/payment%2Fdb"]})");
  EXPECT_EQ(reply.json().at("results").at(0).at("error"), "not_found");
}

TEST_F(Path, ACheckRefusesTheSameKeys) {
  for (const char* key : {"..", "a//b", "a/", "", "a\\u0000b", "../SKU-1"}) {
    const Recorded reply = shop_.post(
        "/v1/inventory:check", R"({"items":[{"key":")" + std::string(key) + R"(","quantity":1}]})");
    EXPECT_EQ(reply.json().at("items").at(0).at("error"), "invalid_key") << key;
    EXPECT_EQ(reply.json().at("available"), false) << key;
  }
}

TEST_F(Path, ProblemsEchoLittleAndEscaped) {
  const std::string target = "/v1/inventory/" + std::string(900, 'x');
  EXPECT_LT(shop_.get(target).body().size(), 300U);
  const Recorded reply = shop_.get("/v1/config/payment/%22%3Cscript%3E");
  EXPECT_NE(reply.body().find(R"(\"<script>)"), std::string::npos) << reply.body();
  EXPECT_EQ(reply.code(), "not_found");
  // A character that the cut would split is left out, and the detail stays valid UTF-8.
  for (std::size_t lead = 60; lead <= 64; ++lead) {
    const std::string key = std::string(lead, 'x') + "€€€€";
    const std::string detail = shop_.get("/v1/inventory/" + key).detail();
    EXPECT_NE(detail.find("...'"), std::string::npos) << detail;
    EXPECT_EQ(detail.find("\uFFFD"), std::string::npos) << detail;
  }
  EXPECT_EQ(shop_.ask("/v1", {http::Method::kOther, "B\xFF"}).detail().find("\xFF"),
            std::string::npos);
}

}  // namespace
}  // namespace lull::api::test
