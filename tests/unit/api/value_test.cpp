// GET and HEAD of one value.
#include "shop.h"

namespace lull::api::test {
namespace {

class Value : public FilledShop {};

TEST_F(Value, ALeafASubtreeAndTheWholeAreTheJsonItself) {
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url").body(), R"("pg://base")");
  EXPECT_EQ(shop_.get("/v1/config/payment/db").body(), R"({"pool":10,"url":"pg://base"})");
  EXPECT_EQ(shop_.get("/v1/config/payment").body(),
            R"({"db":{"pool":10,"url":"pg://base"},"log":{"level":"info"},"name":"payment",)"
            R"("region":"none"})");
  EXPECT_EQ(shop_.get("/v1/inventory/SKU-2").body(),
            R"({"available":0,"shelf":1,"sku":"SKU-2","warehouse":"porto"})");
  const Recorded reply = shop_.get("/v1/config/payment/db");
  EXPECT_EQ(reply.status(), 200U);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.header("Cache-Control"), "no-cache");
  EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
}

TEST_F(Value, PointersFollowRfc6901) {
  EXPECT_EQ(shop_.get("/v1/config/search/a~1b/c~0d").body(), "1");
  EXPECT_EQ(shop_.get("/v1/config/search/list/1/x").body(), R"("y")");
  EXPECT_EQ(shop_.get("/v1/config/search/list/01").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/search/list/2").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/search/list/-").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/search/nothing").body(), "null");
  EXPECT_EQ(shop_.get("/v1/config/search/empty").body(), "{}");
  for (const char* target : {"/v1/config/search/a~2b", "/v1/config/search/a~", "/v1/config/a~b"}) {
    EXPECT_EQ(shop_.get(target).code(), "invalid_path") << target;
  }
}

TEST_F(Value, MissingThingsAre404WithTheRevision) {
  for (const char* target :
       {"/v1/config/unknown", "/v1/config/payment/db/nothing", "/v1/config/payment/db/url/deeper",
        "/v1/inventory/SKU-9", "/v1/inventory/SKU-1/available", "/v1/config/payment-prod"}) {
    const Recorded reply = shop_.get(target);
    EXPECT_EQ(reply.status(), 404U) << target;
    EXPECT_EQ(reply.code(), "not_found") << target;
    EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision()) << target;
  }
}

TEST_F(Value, AKeyOfATableMayHaveSlashes) {
  EXPECT_EQ(shop_.get("/v1/inventory/parts/wheel").json().at("warehouse"), "oslo");
  EXPECT_EQ(shop_.get("/v1/inventory/parts%2Fwheel").json().at("warehouse"), "oslo");
}

TEST_F(Value, ProfilesMergeInTheOrderAsked) {
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url?profile=prod").body(), R"("pg://prod")");
  EXPECT_EQ(shop_.get("/v1/config/payment/log/level?profile=prod").body(), R"("warn")");
  EXPECT_EQ(shop_.get("/v1/config/payment/region?profile=prod,eu").body(), R"("eu")");
  EXPECT_EQ(shop_.get("/v1/config/payment/region?profile=prod%2Ceu").body(), R"("eu")");
  EXPECT_EQ(shop_.get("/v1/config/payment/db?profile=dev").body(),
            R"({"pool":10,"url":"pg://base"})");
}

TEST_F(Value, CombinationsThatWereNotBuiltAreMergedOnDemandWithTheSameResult) {
  // prod,eu was built at publication and eu,prod was not; here no layer contradicts another.
  const Recorded built = shop_.get("/v1/config/payment?profile=prod,eu");
  const Recorded merged = shop_.get("/v1/config/payment?profile=eu,prod");
  EXPECT_EQ(merged.status(), 200U);
  EXPECT_EQ(merged.body(), built.body());
  EXPECT_EQ(merged.header("ETag"), built.header("ETag"));
  EXPECT_EQ(merged.header("Lull-Revision"), shop_.revision());
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url?profile=eu,prod,dev").body(), R"("pg://prod")");
  EXPECT_EQ(shop_.get("/v1/config/payment/x?profile=eu,prod").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/unknown?profile=eu,prod").code(), "not_found");
}

TEST(ValueLimits, MergingOnDemandIsBounded) {
  Shop shop({.merge_bytes_max = 32});
  shop.fill();
  EXPECT_EQ(shop.get("/v1/config/payment?profile=prod,eu").status(), 200U);
  const Recorded reply = shop.get("/v1/config/payment?profile=eu,prod");
  EXPECT_EQ(reply.status(), 413U);
  EXPECT_EQ(reply.code(), "response_too_large");
}

TEST_F(Value, UnknownProfilesNameTheDeclaredOnes) {
  for (const char* target : {"/v1/config/payment?profile=qa", "/v1/config/payment?profile=",
                             "/v1/config?profile=prod,qa", "/v1/config/payment?profile=prod,",
                             "/v1/config/payment?profile=PROD"}) {
    const Recorded reply = shop_.get(target);
    EXPECT_EQ(reply.status(), 400U) << target;
    EXPECT_EQ(reply.code(), "unknown_profile") << target;
    EXPECT_NE(reply.detail().find("dev, prod, eu"), std::string::npos) << reply.detail();
  }
  EXPECT_EQ(shop_.get("/v1/config/payment?profile=prod,prod").code(), "invalid_query");
}

TEST_F(Value, ALayerIsTheFileAsWritten) {
  EXPECT_EQ(shop_.get("/v1/config/payment?layer=payment-prod").body(),
            R"({"db":{"url":"pg://prod"}})");
  EXPECT_EQ(shop_.get("/v1/config/payment/db/pool?layer=payment").body(), "10");
  EXPECT_EQ(shop_.get("/v1/config/payment?layer=application-prod").body(),
            R"({"log":{"level":"warn"}})");
  EXPECT_EQ(shop_.get("/v1/config/payment/db?layer=application").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/payment?layer=payment-dev").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/payment?layer=search").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/payment/log?layer=payment-prod").detail(),
            "layer 'payment-prod' of document 'payment' in collection 'config' has no path 'log'");
  EXPECT_EQ(shop_.get("/v1/config/unknown?layer=payment").code(), "not_found");
  EXPECT_EQ(shop_.get("/v1/config/payment?layer=payment&profile=prod").code(), "invalid_query");
  EXPECT_EQ(shop_.get("/v1/config/payment?layer=").code(), "invalid_query");
}

TEST_F(Value, RawGivesTheTextOfScalars) {
  const Recorded text = shop_.get("/v1/config/search/text?raw");
  EXPECT_EQ(text.body(), "a \"quote\"\nand é");
  EXPECT_EQ(text.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(shop_.get("/v1/config/search/plain?raw").body(), "Grüße");
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url?raw=true").body(), "pg://base");
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url?raw=false").body(), R"("pg://base")");
  EXPECT_EQ(shop_.get("/v1/config/search/yes?raw").body(), "true");
  EXPECT_EQ(shop_.get("/v1/config/search/nothing?raw").body(), "null");
  EXPECT_EQ(shop_.get("/v1/config/payment/db/pool?raw").body(), "10");
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url?raw&profile=eu,prod").body(), "pg://prod");
  for (const char* target : {"/v1/config/payment/db?raw", "/v1/config/search/list?raw",
                             "/v1/config/search/empty?raw", "/v1/inventory/SKU-1?raw"}) {
    const Recorded reply = shop_.get(target);
    EXPECT_EQ(reply.status(), 400U) << target;
    EXPECT_EQ(reply.code(), "not_a_scalar") << target;
  }
  EXPECT_EQ(shop_.get("/v1/config/payment/db/url?raw=1").code(), "invalid_query");
}

TEST_F(Value, ARetainedRevisionIsReadAsItWas) {
  const std::string before = shop_.revision();
  shop_.put("inventory", {{"more.ndjson", R"({"sku":"SKU-9","available":1})"
                                          "\n"}});
  EXPECT_EQ(shop_.get("/v1/inventory/SKU-9").status(), 200U);
  const std::string target = "/v1/inventory/SKU-9?revision=" + before;
  const Recorded old = shop_.get(target);
  EXPECT_EQ(old.code(), "not_found");
  EXPECT_EQ(old.header("Lull-Revision"), before);
  const std::string kept = "/v1/inventory/SKU-1?revision=" + before;
  EXPECT_EQ(shop_.get(kept).header("Lull-Revision"), before);
  EXPECT_EQ(shop_.get(kept).header("ETag"), shop_.get("/v1/inventory/SKU-1").header("ETag"));
}

TEST_F(Value, RevisionsThatAreNotRetainedAre410) {
  const Revision now = *Revision::parse(shop_.revision());
  const Revision other_epoch{now.epoch + 1, now.number};
  const Revision future{now.epoch, now.number + 1};
  for (const Revision& revision : {other_epoch, future}) {
    const std::string target = "/v1/config/payment?revision=" + revision.text();
    const Recorded reply = shop_.get(target);
    EXPECT_EQ(reply.status(), 410U);
    EXPECT_EQ(reply.code(), "revision_gone");
  }
  for (const char* target :
       {"/v1/config/payment?revision=", "/v1/config/payment?revision=7",
        "/v1/config/payment?revision=4BE1.7", "/v1/config/payment?revision=4be1.07"}) {
    EXPECT_EQ(shop_.get(target).status(), 400U) << target;
    EXPECT_EQ(shop_.get(target).code(), "invalid_query") << target;
  }
}

TEST(ValueRetention, ADroppedRevisionIs410) {
  publish::PublisherOptions options;
  options.retained_revisions_max = 1;
  Shop shop({}, options);
  shop.fill();
  const std::string target = "/v1/config/payment?revision=" + shop.revision();
  EXPECT_EQ(shop.get(target).status(), 200U);
  for (int i = 0; i < 3; ++i) {
    shop.put("config", {{"round.yaml", "n: " + std::to_string(i) + "\n"}});
  }
  EXPECT_EQ(shop.get(target).code(), "revision_gone");
}

TEST_F(Value, HeadSaysWhatGetSays) {
  for (const char* target :
       {"/v1/config/payment", "/v1/inventory/SKU-1", "/v1/config/unknown",
        "/v1/config/payment?explain", "/v1/config", "/v1", "/v1/inventory?limit=2"}) {
    const Recorded get = shop_.get(target);
    const Recorded head = shop_.head(target);
    EXPECT_EQ(head.status(), get.status()) << target;
    EXPECT_EQ(head.header("ETag"), get.header("ETag")) << target;
    EXPECT_EQ(head.body().size(), get.body().size()) << target;  // counted, not sent, further down
  }
}

std::string long_document(char fill) {
  return "text: \"" + std::string(3 * http::kCopyBytesMax, fill) + "\"\nshort: 1\n";
}

TEST_F(Value, ALongBodyKeepsItsBytesAfterItIsReplaced) {
  shop_.put("config", {{"long.yaml", long_document('a')}});
  const std::size_t alive = snapshot::Snapshot::alive();
  const Recorded slow = shop_.get("/v1/config/long/text");
  const Recorded merged = shop_.get("/v1/config/long/text?profile=eu,dev");
  ASSERT_TRUE(slow.held());
  EXPECT_FALSE(merged.held());
  EXPECT_FALSE(shop_.get("/v1/config/long/short").held());
  EXPECT_FALSE(shop_.get("/v1/config/long/text?raw").held());
  for (int i = 0; i < 40; ++i) {  // more than are retained
    shop_.put("config", {{"long.yaml", long_document(static_cast<char>('b' + i % 20))}});
  }
  shop_.put("config", {{"long.yaml", std::nullopt}});
  EXPECT_EQ(slow.body(), '"' + std::string(3 * http::kCopyBytesMax, 'a') + '"');
  EXPECT_EQ(merged.body(), slow.body());
  EXPECT_EQ(merged.header("ETag"), slow.header("ETag"));
  EXPECT_GT(snapshot::Snapshot::alive(), alive);
}

TEST_F(Value, ParametersOfTheOtherKindAreRefused) {
  EXPECT_EQ(shop_.get("/v1/inventory/SKU-1?profile=prod").code(), "invalid_query");
  EXPECT_EQ(shop_.get("/v1/inventory/SKU-1?explain").code(), "invalid_query");
  EXPECT_EQ(shop_.get("/v1/config/payment?limit=3").code(), "invalid_query");
  EXPECT_EQ(shop_.get("/v1/config/payment?explain&raw").code(), "invalid_query");
}

}  // namespace
}  // namespace lull::api::test
