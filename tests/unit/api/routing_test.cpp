// Which route answers, with which methods, and what stands in none.
#include "shop.h"

namespace lull::api::test {
namespace {

class Routing : public FilledShop {};

TEST_F(Routing, LabelsNameTheRouteAndNothingOfTheClient) {
  EXPECT_EQ(shop_.get("/v1").route(), "collections");
  EXPECT_EQ(shop_.get("/v1/config").route(), "page");
  EXPECT_EQ(shop_.get("/v1/nowhere").route(), "page");
  EXPECT_EQ(shop_.get("/v1/config/payment").route(), "value");
  EXPECT_EQ(shop_.post("/v1:batch", "{}").route(), "batch");
  EXPECT_EQ(shop_.post("/v1/inventory:check", "{}").route(), "check");
  EXPECT_EQ(shop_.get("/livez").route(), "operations");
  EXPECT_EQ(shop_.get("/v1/config/../x").route(), "other");
  EXPECT_EQ(shop_.get("/v1:nothing").route(), "other");
  EXPECT_EQ(shop_.get("/v1/inventory:adjust").route(), "other");
}

TEST_F(Routing, EverythingOutsideV1GoesToOperations) {
  for (const char* target : {"/", "/livez", "/admin/v1/status", "/metrics", "/v2/config", "/v10",
                             "/v", "*", "/v1x/config", "/V1"}) {
    const Recorded reply = shop_.ask(target, {http::Method::kPut, "PUT"});
    EXPECT_EQ(reply.body(), "operations") << target;
  }
}

TEST_F(Routing, UnknownRoutesAre404) {
  for (const char* target : {"/v1:nothing", "/v1:", "/v1:batch/x", "/v1/inventory:adjust",
                             "/v1/inventory:", "/v1/inventory:check/SKU-1"}) {
    const Recorded reply = shop_.post(target, "{}");
    EXPECT_EQ(reply.status(), 404U) << target;
    EXPECT_EQ(reply.code(), "route_not_found") << target;
  }
}

TEST_F(Routing, OtherMethodsAre405WithAllow) {
  struct Case {
    const char* target;
    http::Method method;
    const char* text;
    const char* allow;
  };
  const Case cases[] = {{"/v1", http::Method::kPost, "POST", "GET, HEAD, OPTIONS"},
                        {"/v1/config", http::Method::kDelete, "DELETE", "GET, HEAD, OPTIONS"},
                        {"/v1/config/payment", http::Method::kPut, "PUT", "GET, HEAD, OPTIONS"},
                        {"/v1/config/payment", http::Method::kOther, "BREW", "GET, HEAD, OPTIONS"},
                        {"/v1:batch", http::Method::kGet, "GET", "POST, OPTIONS"},
                        {"/v1:batch", http::Method::kHead, "HEAD", "POST, OPTIONS"},
                        {"/v1/inventory:check", http::Method::kPatch, "PATCH", "POST, OPTIONS"}};
  for (const Case& one : cases) {
    const Recorded refused = shop_.ask(one.target, {one.method, one.text});
    EXPECT_EQ(refused.status(), 405U) << one.target;
    EXPECT_EQ(refused.code(), "method_not_allowed");
    EXPECT_EQ(refused.header("Allow"), one.allow);
    const Recorded options = shop_.ask(one.target, {http::Method::kOptions, "OPTIONS"});
    EXPECT_EQ(options.status(), 204U);
    EXPECT_EQ(options.header("Allow"), one.allow);
    EXPECT_EQ(options.body(), "");
  }
}

TEST_F(Routing, AnUnknownCollectionNamesThoseThatAreDeclared) {
  for (const Recorded& reply : {shop_.get("/v1/nowhere"), shop_.get("/v1/Config/payment"),
                                shop_.post("/v1/nowhere:check", "{}")}) {
    EXPECT_EQ(reply.status(), 404U);
    EXPECT_EQ(reply.code(), "collection_not_found");
    EXPECT_NE(reply.detail().find("config, inventory, notes"), std::string::npos);
  }
}

TEST_F(Routing, CollectionsAreListedWithTheirState) {
  const Recorded reply = shop_.get("/v1");
  EXPECT_EQ(reply.status(), 200U);
  EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
  const auto body = reply.json();
  EXPECT_EQ(body.at("revision"), shop_.revision());
  const auto& all = body.at("collections");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].at("name"), "config");
  EXPECT_EQ(all[0].at("kind"), "tree");
  EXPECT_EQ(all[0].at("loaded"), true);
  EXPECT_GT(all[0].at("entries"), 1);
  EXPECT_EQ(all[1].at("kind"), "table");
  EXPECT_EQ(all[1].at("entries"), 5);
  EXPECT_EQ(all[1].at("changed_at"), shop_.revision());
  EXPECT_EQ(all[2], nlohmann::json::parse(R"({"name":"notes","kind":"table","loaded":false})"));
  EXPECT_EQ(shop_.get("/v1?x=1").code(), "invalid_query");
}

TEST_F(Routing, WhatIsNotLoadedIs503WithRetryAfterAndNever404) {
  for (const Recorded& reply : {shop_.get("/v1/notes"), shop_.get("/v1/notes/n-1")}) {
    EXPECT_EQ(reply.status(), 503U);
    EXPECT_EQ(reply.code(), "not_loaded");
    EXPECT_EQ(reply.header("Retry-After"), "1");
    EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
  }
  Shop empty;
  for (const char* target :
       {"/v1/config", "/v1/config/payment/db", "/v1/config/payment?profile=prod",
        "/v1/config/payment?layer=payment", "/v1/config/payment?explain",
        "/v1/config?profile=prod,eu", "/v1/inventory/SKU-1"}) {
    EXPECT_EQ(empty.get(target).code(), "not_loaded") << target;
  }
  EXPECT_EQ(empty.post("/v1/inventory:check", R"({"items":[{"key":"SKU-1","quantity":1}]})").code(),
            "not_loaded");
  EXPECT_EQ(empty.get("/v1").status(), 200U);
}

TEST_F(Routing, TheHttpLayersOwnProblemsLookAlike) {
  const auto problem =
      nlohmann::json::parse(shop_.handler().problem(431, "headers_too_large", "too \"large\""));
  EXPECT_EQ(problem.at("title"), "Request Header Fields Too Large");
  EXPECT_EQ(problem.at("code"), "headers_too_large");
  EXPECT_EQ(problem.at("detail"), "too \"large\"");
}

}  // namespace
}  // namespace lull::api::test
