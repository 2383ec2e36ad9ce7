// POST /v1/{table}:check.
#include "shop.h"

namespace lull::api::test {
namespace {

using nlohmann::json;

class Check : public FilledShop {
 protected:
  json check(std::string_view items) {
    const Recorded reply =
        shop_.post("/v1/inventory:check", R"({"items":)" + std::string(items) + "}");
    EXPECT_EQ(reply.status(), 200U) << reply.body();
    EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
    EXPECT_EQ(reply.json().at("revision"), shop_.revision());
    return reply.json();
  }
};

TEST_F(Check, AnswersEachItemAndAll) {
  const json reply = check(R"([{"key":"SKU-1","quantity":2},{"quantity":7,"key":"SKU-3"}])");
  EXPECT_EQ(reply.at("available"), true);
  EXPECT_EQ(reply.at("items"),
            json::parse(R"([{"key":"SKU-1","requested":2,"available":5,"ok":true},
                            {"key":"SKU-3","requested":7,"available":7,"ok":true}])"));
}

TEST_F(Check, OneThatIsNotOkDecides) {
  const json reply = check(
      R"([{"key":"SKU-1","quantity":6},{"key":"SKU-2","quantity":1},{"key":"SKU-9","quantity":1},)"
      R"({"key":"SKU-4","quantity":1},{"key":"parts/wheel","quantity":2}])");
  EXPECT_EQ(reply.at("available"), false);
  EXPECT_EQ(reply.at("items"), json::parse(
                                   R"([{"key":"SKU-1","requested":6,"available":5,"ok":false},
                    {"key":"SKU-2","requested":1,"available":0,"ok":false},
                    {"key":"SKU-9","requested":1,"available":0,"ok":false,"error":"not_found"},
                    {"key":"SKU-4","requested":1,"available":0,"ok":false,"error":"no_quantity"},
                    {"key":"parts/wheel","requested":2,"available":2,"ok":true}])"));
}

TEST_F(Check, ItemsOfOneKeyAddUp) {
  const json reply = check(
      R"([{"key":"SKU-1","quantity":3},{"key":"SKU-3","quantity":1},{"key":"SKU-1","quantity":2},)"
      R"({"key":"SKU-1","quantity":1},{"key":"SKU-1","quantity":9223372036854775807}])");
  EXPECT_EQ(reply.at("available"), false);
  const json& items = reply.at("items");
  EXPECT_EQ(items.at(0).at("ok"), true);
  EXPECT_EQ(items.at(2).at("ok"), true);
  EXPECT_EQ(items.at(3).at("ok"), false);
  EXPECT_EQ(items.at(4).at("ok"), false);  // the sum does not wrap around
  EXPECT_EQ(items.at(3).at("available"), 5);
}

TEST_F(Check, NothingAskedIsAvailable) {
  EXPECT_EQ(check("[]").at("available"), true);
}

TEST_F(Check, BodiesOfAnotherShapeAreRefused) {
  for (const char* items : {"",
                            "null",
                            "{}",
                            "[1]",
                            "[\"SKU-1\"]",
                            "[[]]",
                            "[{}]",
                            R"([{"key":"a"}])",
                            R"([{"quantity":1}])",
                            R"([{"key":1,"quantity":1}])",
                            R"([{"key":"a","quantity":"1"}])",
                            R"([{"key":"a","quantity":0}])",
                            R"([{"key":"a","quantity":-1}])",
                            R"([{"key":"a","quantity":1.0}])",
                            R"([{"key":"a","quantity":1.5}])",
                            R"([{"key":"a","quantity":1e3}])",
                            R"([{"key":"a","quantity":null}])",
                            R"([{"key":"a","quantity":true}])",
                            R"([{"key":"a","quantity":9223372036854775808}])",
                            R"([{"key":"a","quantity":18446744073709551616}])",
                            R"([{"key":"a","quantity":{}}])",
                            R"([{"key":"a","quantity":[1]}])",
                            R"([{"key":{},"quantity":1}])",
                            R"([{"key":"a","quantity":1,"more":1}])",
                            R"([{"key":"a","key":"a","quantity":1}])",
                            R"([{"key":"a","quantity":1,"quantity":1}])",
                            R"([{"key":"a","quantity":1},])",
                            R"([{"key":"","quantity":1}]],"x":[)"}) {
    const Recorded reply =
        shop_.post("/v1/inventory:check", R"({"items":)" + std::string(items) + "}");
    EXPECT_EQ(reply.status(), 400U) << items;
    EXPECT_EQ(reply.code(), "invalid_body") << items;
  }
  const Recorded where = shop_.post(
      "/v1/inventory:check", R"({"items":[{"key":"a","quantity":1},{"key":"b","quantity":0}]})");
  EXPECT_NE(where.detail().find("element 2"), std::string::npos) << where.detail();
  EXPECT_EQ(shop_.post("/v1/inventory:check", R"({"keys":[]})").code(), "invalid_body");
  EXPECT_EQ(shop_.post("/v1/inventory:check", "{}", "text/plain").code(), "unsupported_media_type");
}

TEST_F(Check, ItemsAreBounded) {
  std::string body = R"({"items":[{"key":"SKU-1","quantity":1})";
  for (int i = 1; i < 1000; ++i) body += R"(,{"key":"SKU-1","quantity":1})";
  EXPECT_EQ(shop_.post("/v1/inventory:check", body + "]}").status(), 200U);
  body += R"(,{"key":"SKU-1","quantity":1})";
  EXPECT_EQ(shop_.post("/v1/inventory:check", body + "]}").code(), "limit");
}

TEST_F(Check, OnlyTablesWithAQuantityHaveIt) {
  for (const char* target : {"/v1/config:check", "/v1/notes:check"}) {
    const Recorded reply = shop_.post(target, R"({"items":[]})");
    EXPECT_EQ(reply.status(), 404U) << target;
    EXPECT_EQ(reply.code(), "no_quantity") << target;
  }
}

}  // namespace
}  // namespace lull::api::test
