// POST /v1:batch.
#include "shop.h"

namespace lull::api::test {
namespace {

using nlohmann::json;

class Batch : public FilledShop {};

TEST_F(Batch, OrderAndDuplicatesAreKeptAndEachItemHasItsOwnError) {
  const Recorded reply = shop_.post(
      "/v1:batch",
      R"({"keys":["inventory/SKU-1","config/payment/db/url","inventory/SKU-1","config/nothing",)"
      R"("nowhere/x","notes/n-1","inventory/../x","config/search/a~1b/c~0d","config/payment/x"]})");
  EXPECT_EQ(reply.status(), 200U);
  EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.header("ETag"), "");
  EXPECT_EQ(reply.json().at("revision"), shop_.revision());
  const json& expected = json::parse(
      R"([{"key":"inventory/SKU-1","value":{"available":5,"shelf":1,"sku":"SKU-1","warehouse":"berlin"}},
          {"key":"config/payment/db/url","value":"pg://base"},
          {"key":"inventory/SKU-1","value":{"available":5,"shelf":1,"sku":"SKU-1","warehouse":"berlin"}},
          {"key":"config/nothing","error":"not_found"},
          {"key":"nowhere/x","error":"collection_not_found"},
          {"key":"notes/n-1","error":"not_loaded"},
          {"key":"inventory/../x","error":"invalid_key"},
          {"key":"config/search/a~1b/c~0d","value":1},
          {"key":"config/payment/x","error":"not_found"}])");
  EXPECT_EQ(reply.json().at("results"), expected);
}

TEST_F(Batch, AnEmptyListIsAnswered) {
  EXPECT_EQ(shop_.post("/v1:batch", R"({"keys":[]})").json().at("results"), json::array());
}

TEST_F(Batch, BodiesOfAnotherShapeAreRefused) {
  const std::string deep = R"({"keys":)" + std::string(100'000, '[');
  const std::string nul = std::string(R"({"keys":[]})") + '\0' + "x";
  const std::string bodies[] = {"",
                                " ",
                                "{",
                                "[]",
                                "null",
                                "\"keys\"",
                                "{}",
                                R"({"key":["a"]})",
                                R"({"keys":"a"})",
                                R"({"keys":null})",
                                R"({"keys":{}})",
                                R"({"keys":[1]})",
                                R"({"keys":[null]})",
                                R"({"keys":[true]})",
                                R"({"keys":[1.5]})",
                                R"({"keys":[-1]})",
                                R"({"keys":[["a"]]})",
                                R"({"keys":[{}]})",
                                R"({"keys":[{"key":"a"}]})",
                                R"({"keys":[],"keys":[]})",
                                R"({"keys":[],"more":1})",
                                R"({"more":1,"keys":[]})",
                                R"({"keys":[]}x)",
                                R"({"keys":[]}{})",
                                R"({"keys":["a",]})",
                                R"({'keys':[]})",
                                "{\"keys\":[\"\xff\"]}",
                                "{\"keys\":[\"\xc0\xaf\"]}",
                                R"({"keys":["\ud800"]})",
                                deep,
                                std::string(100'000, '['),
                                nul};
  for (const std::string& body : bodies) {
    const Recorded reply = shop_.post("/v1:batch", body);
    EXPECT_EQ(reply.status(), 400U) << body.substr(0, 60);
    EXPECT_EQ(reply.code(), "invalid_body") << body.substr(0, 60);
    EXPECT_LT(reply.body().size(), 500U);
  }
}

TEST_F(Batch, OnlyJsonIsTaken) {
  const char* const body = R"({"keys":["inventory/SKU-1"]})";
  for (const char* type : {"application/json", "application/json; charset=utf-8",
                           "Application/JSON", "application/json ;charset=utf-8", ""}) {
    EXPECT_EQ(shop_.post("/v1:batch", body, type).status(), 200U) << type;
  }
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp",
                           "application/json-patch+json", "json"}) {
    const Recorded reply = shop_.post("/v1:batch", body, type);
    EXPECT_EQ(reply.status(), 415U) << type;
    EXPECT_EQ(reply.code(), "unsupported_media_type") << type;
  }
}

std::string batch_of(int count, const std::string& key) {
  std::string out = R"({"keys":[)";
  for (int i = 0; i < count; ++i) out += (i == 0 ? "\"" : ",\"") + key + '"';
  return out + "]}";
}

TEST_F(Batch, KeysAreBounded) {
  EXPECT_EQ(shop_.post("/v1:batch", batch_of(1000, "inventory/SKU-1")).status(), 200U);
  const Recorded reply = shop_.post("/v1:batch", batch_of(1001, "inventory/SKU-1"));
  EXPECT_EQ(reply.status(), 400U);
  EXPECT_EQ(reply.code(), "limit");
  EXPECT_NE(reply.detail().find("1000 keys"), std::string::npos);
}

TEST_F(Batch, BytesAreBounded) {
  shop_.put("config", {{"long.yaml", "text: " + std::string(100'000, 'a') + "\n"}});
  const Recorded long_one = shop_.post("/v1:batch", batch_of(10, "config/long"));
  EXPECT_EQ(long_one.status(), 200U);
  EXPECT_FALSE(long_one.held());
  const Recorded reply = shop_.post("/v1:batch", batch_of(100, "config/long"));
  EXPECT_EQ(reply.status(), 413U);
  EXPECT_EQ(reply.code(), "response_too_large");
  EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
}

}  // namespace
}  // namespace lull::api::test
