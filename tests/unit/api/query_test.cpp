// Query parameters.
#include "shop.h"

namespace lull::api::test {
namespace {

class QueryString : public FilledShop {};

TEST_F(QueryString, UnknownParametersNameThoseThatAreAllowed) {
  struct Case {
    const char* target;
    const char* allowed;
  };
  const Case cases[] = {
      {"/v1/config/payment?profiles=prod", "profile, layer, explain, raw, revision"},
      {"/v1/inventory/SKU-1?x", "raw, revision"},
      {"/v1/config?where.name=x", "prefix, after, limit, values, profile, revision"},
      {"/v1/inventory?profile=prod", "prefix, after, limit, values, where.{index}, revision"},
      {"/v1/inventory?where.=x", "where.{index}"},
      {"/v1/inventory?where=x", "where.{index}"},
      {"/v1?raw", "takes none"},
  };
  for (const Case& one : cases) {
    const Recorded reply = shop_.get(one.target);
    EXPECT_EQ(reply.status(), 400U) << one.target;
    EXPECT_EQ(reply.code(), "invalid_query") << one.target;
    EXPECT_NE(reply.detail().find(one.allowed), std::string::npos) << reply.detail();
  }
  EXPECT_EQ(shop_.post("/v1:batch?x=1", "{}").code(), "invalid_query");
  EXPECT_EQ(shop_.post("/v1/inventory:check?x=1", "{}").code(), "invalid_query");
}

TEST_F(QueryString, MalformedOnesAreRefused) {
  for (const char* target :
       {"/v1/config/payment?raw&raw", "/v1/inventory?limit=1&limit=1",
        "/v1/inventory?limit=1&l%69mit=1", "/v1/inventory?prefix=%", "/v1/inventory?prefix=%4",
        "/v1/inventory?prefix=%zz", "/v1/inventory?prefix=%00", "/v1/inventory?prefix=%c0%af",
        "/v1/inventory?prefix=%ff", "/v1/inventory?=x",
        "/v1/inventory?where.warehouse=a&where.warehouse=b"}) {
    EXPECT_EQ(shop_.get(target).code(), "invalid_query") << target;
  }
}

TEST_F(QueryString, TheyAreDecodedLikeAForm) {
  EXPECT_EQ(shop_.get("/v1/inventory?prefix=parts%2F").json().at("items").size(), 1U);
  EXPECT_EQ(shop_.get("/v1/inventory?pref%69x=parts/").json().at("items").size(), 1U);
  EXPECT_EQ(shop_.get("/v1/inventory?&prefix=parts/&").json().at("items").size(), 1U);
  shop_.put("notes", {{"n.ndjson", "{\"id\":\"a b\"}\n{\"id\":\"a+b\"}\n"}});
  EXPECT_EQ(shop_.get("/v1/notes?prefix=a+b").json().at("items").at(0).at("key"), "a b");
  EXPECT_EQ(shop_.get("/v1/notes?prefix=a%2Bb").json().at("items").at(0).at("key"), "a+b");
  EXPECT_EQ(shop_.get("/v1/config/payment?").status(), 200U);
}

TEST_F(QueryString, TheyAreBounded) {
  std::string target = "/v1/inventory?prefix=";
  for (std::size_t i = 0; i <= Query::kDecodedBytesMax; ++i) target += "%6b";
  EXPECT_EQ(shop_.get(target).code(), "invalid_query");
  std::string profiles = "/v1/config/payment?profile=";
  for (int i = 0; i < 100; ++i) profiles += "prod,";
  EXPECT_EQ(shop_.get(profiles).code(), "invalid_query");
  std::vector<std::string> names;
  std::vector<std::string_view> allowed;
  std::string many;
  for (std::size_t i = 0; i <= Query::kParametersMax; ++i) names.push_back("p" + std::to_string(i));
  for (const std::string& name : names) {
    allowed.push_back(name);
    many += "&" + name + "=1";
  }
  Query query;
  EXPECT_FALSE(query.parse(many, allowed));
}

}  // namespace
}  // namespace lull::api::test
