// ETags and conditional requests.
#include "api/data_reply.h"
#include "shop.h"

namespace lull::api::test {
namespace {

class Etag : public FilledShop {};

TEST_F(Etag, IsAStrongHashOfTheBytesAndNotOfTheRevision) {
  const Recorded before = shop_.get("/v1/config/payment/db");
  const auto tag = entity_tag(before.body());
  EXPECT_EQ(before.header("ETag"), std::string_view(tag.data(), tag.size()));
  EXPECT_EQ(before.header("ETag").size(), 34U);
  shop_.put("inventory", {{"more.ndjson", "{\"sku\":\"SKU-9\"}\n"}});
  const Recorded after = shop_.get("/v1/config/payment/db");
  EXPECT_NE(after.header("Lull-Revision"), before.header("Lull-Revision"));
  EXPECT_EQ(after.header("ETag"), before.header("ETag"));
  shop_.put("config", {{"payment.yaml", "db: {url: other}\n"}});
  EXPECT_NE(shop_.get("/v1/config/payment/db").header("ETag"), before.header("ETag"));
}

TEST_F(Etag, RepresentationsOfOneValueDiffer) {
  EXPECT_NE(shop_.get("/v1/config/payment/db/url").header("ETag"),
            shop_.get("/v1/config/payment/db/url?raw").header("ETag"));
  // Equal bytes, equal tag: the number 10 looks the same in both.
  EXPECT_EQ(shop_.get("/v1/config/payment/db/pool").header("ETag"),
            shop_.get("/v1/config/payment/db/pool?raw").header("ETag"));
}

TEST_F(Etag, AMatchIs304WithTheSameHeadersAndNoBody) {
  for (const char* target :
       {"/v1/config/payment", "/v1/inventory/SKU-1", "/v1/config/payment?explain",
        "/v1/inventory?limit=2", "/v1", "/v1/config/search/text?raw"}) {
    const Recorded full = shop_.get(target);
    const std::string tag = full.header("ETag");
    for (const auto method : {http::Method::kGet, http::Method::kHead}) {
      const Recorded again = shop_.ask(target, {.method = method, .if_none_match = tag});
      EXPECT_EQ(again.status(), 304U) << target;
      EXPECT_EQ(again.body(), "");
      EXPECT_EQ(again.header("Content-Type"), "");
      for (const char* name : {"ETag", "Lull-Revision", "Cache-Control"}) {
        EXPECT_EQ(again.header(name), full.header(name)) << target << ' ' << name;
      }
    }
  }
}

TEST_F(Etag, ALongBodyIs304WithoutAHold) {
  shop_.put("config", {{"long.yaml", "text: " + std::string(3 * http::kCopyBytesMax, 'a') + "\n"}});
  const std::string tag = shop_.get("/v1/config/long").header("ETag");
  const Recorded again = shop_.ask("/v1/config/long", {.if_none_match = tag});
  EXPECT_EQ(again.status(), 304U);
  EXPECT_FALSE(again.held());
}

TEST_F(Etag, A404StaysA404) {
  EXPECT_EQ(shop_.ask("/v1/config/unknown", {.if_none_match = "*"}).status(), 404U);
}

TEST(IfNoneMatch, IsAListComparedWeakly) {
  const std::string_view tag = "\"0123\"";
  for (const char* field :
       {"\"0123\"", "W/\"0123\"", "*", " * ", "\"x\", \"0123\"", "\"x\",\"0123\"",
        "\"a,b\" ,W/\"0123\", \"z\"", ", ,\"0123\"", "\"\", \"0123\""}) {
    EXPECT_TRUE(none_match_matches(field, tag)) << field;
  }
  for (const char* field : {"\"0124\"", "0123", "\"0123", "w/\"0123\"", "", "\"01\"23\"",
                            "*, \"x\"", "\"x\" \"0123\"", "\"x,\"0123\"", "W/", ","}) {
    EXPECT_FALSE(none_match_matches(field, tag)) << field;
  }
}

}  // namespace
}  // namespace lull::api::test
