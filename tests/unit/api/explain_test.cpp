// `?explain`.
#include "shop.h"

namespace lull::api::test {
namespace {

using nlohmann::json;

class Explain : public FilledShop {
 protected:
  json leaf(const Recorded& reply, const std::string& path) {
    const json body = reply.json();
    for (const json& one : body.at("leaves")) {
      if (one.at("path") == path) return one;
    }
    ADD_FAILURE() << "no leaf " << path << " in " << reply.body();
    return json::object();
  }
};

TEST_F(Explain, EveryLeafNamesTheFileAndLineThatSetIt) {
  const Recorded reply = shop_.get("/v1/config/payment?explain&profile=prod,eu");
  EXPECT_EQ(reply.status(), 200U);
  const json body = reply.json();
  EXPECT_EQ(body.at("revision"), shop_.revision());
  EXPECT_EQ(body.at("app"), "payment");
  EXPECT_EQ(body.at("profiles"), json::parse(R"(["prod","eu"])"));
  EXPECT_EQ(body.at("leaves").size(), 5U);
  const json url = leaf(reply, "/db/url");
  EXPECT_EQ(url.at("value"), "pg://prod");
  EXPECT_NE(url.at("file").get<std::string>().find("payment-prod.yaml"), std::string::npos);
  EXPECT_EQ(url.at("line"), 2);
  EXPECT_NE(leaf(reply, "/db/pool").at("file").get<std::string>().find("payment.yaml"),
            std::string::npos);
  EXPECT_EQ(leaf(reply, "/db/pool").at("line"), 4);
  EXPECT_NE(leaf(reply, "/log/level").at("file").get<std::string>().find("application-prod.yaml"),
            std::string::npos);
  EXPECT_NE(leaf(reply, "/region").at("file").get<std::string>().find("payment-eu.yaml"),
            std::string::npos);
}

TEST_F(Explain, WhatIsMergedOnDemandIsExplainedAlike) {
  const json built = shop_.get("/v1/config/payment?explain&profile=prod,eu").json();
  const json merged = shop_.get("/v1/config/payment?explain&profile=eu,prod").json();
  EXPECT_EQ(built.at("leaves"), merged.at("leaves"));
}

TEST_F(Explain, ItCoversThePathAsked) {
  const Recorded subtree = shop_.get("/v1/config/payment/db?explain");
  EXPECT_EQ(subtree.json().at("leaves").size(), 2U);
  EXPECT_EQ(leaf(subtree, "/db/url").at("value"), "pg://base");
  const Recorded scalar = shop_.get("/v1/config/payment/db/url?explain");
  EXPECT_EQ(scalar.json().at("leaves").size(), 1U);
  EXPECT_EQ(leaf(scalar, "/db/url").at("line"), 3);
  EXPECT_EQ(shop_.get("/v1/config/payment/nothing?explain").code(), "not_found");
}

TEST_F(Explain, PathsAreRfc6901AndEmptyContainersAreLeaves) {
  const Recorded reply = shop_.get("/v1/config/search?explain");
  EXPECT_EQ(leaf(reply, "/a~1b/c~0d").at("value"), 1);
  EXPECT_EQ(leaf(reply, "/list/1/x").at("value"), "y");
  EXPECT_EQ(leaf(reply, "/empty").at("value"), json::object());
  EXPECT_EQ(leaf(reply, "/none").at("value"), json::array());
  const json body = reply.json();
  for (const json& one : body.at("leaves")) {
    const std::string path = one.at("path");
    const Recorded value = shop_.get("/v1/config/search" + path);
    EXPECT_EQ(value.json(), one.at("value")) << path;
  }
}

TEST_F(Explain, ALayerIsExplainedToo) {
  const Recorded reply = shop_.get("/v1/config/payment?explain&layer=payment-prod");
  EXPECT_EQ(reply.json().at("layer"), "payment-prod");
  EXPECT_FALSE(reply.json().contains("profiles"));
  EXPECT_EQ(reply.json().at("leaves").size(), 1U);
  EXPECT_EQ(leaf(reply, "/db/url").at("line"), 2);
}

TEST(ExplainLimits, TheReplyIsBounded) {
  Shop shop({.response_bytes_max = 400});
  shop.fill();
  EXPECT_EQ(shop.get("/v1/config/payment/db/url?explain").status(), 200U);
  const Recorded reply = shop.get("/v1/config/search?explain");
  EXPECT_EQ(reply.status(), 413U);
  EXPECT_EQ(reply.code(), "response_too_large");
}

}  // namespace
}  // namespace lull::api::test
