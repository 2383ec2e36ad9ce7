// Listings: pages, cursors, conditions.
#include <algorithm>

#include "shop.h"

namespace lull::api::test {
namespace {

using nlohmann::json;

std::vector<std::string> keys_of(const Recorded& reply) {
  std::vector<std::string> out;
  const json body = reply.json();
  for (const json& item : body.at("items")) out.push_back(item.at("key"));
  return out;
}

using Keys = std::vector<std::string>;

class Page : public FilledShop {
 protected:
  /// Follows `next` to the end.
  Keys walk(const std::string& target) {
    Keys all;
    std::string next;
    for (int pages = 0; pages < 1000; ++pages) {
      const char mark = target.find('?') == std::string::npos ? '?' : '&';
      const std::string at = next.empty() ? target : target + mark + "after=" + next;
      const Recorded reply = shop_.get(at);
      EXPECT_EQ(reply.status(), 200U) << at << reply.body();
      std::ranges::copy(keys_of(reply), std::back_inserter(all));
      if (!reply.json().contains("next")) return all;
      next = reply.json().at("next");
    }
    ADD_FAILURE() << "no end";
    return all;
  }
};

TEST_F(Page, ListsRecordsInKeyOrder) {
  const Recorded reply = shop_.get("/v1/inventory");
  EXPECT_EQ(reply.status(), 200U);
  EXPECT_EQ(keys_of(reply), (Keys{"SKU-1", "SKU-2", "SKU-3", "SKU-4", "parts/wheel"}));
  EXPECT_EQ(reply.json().at("revision"), shop_.revision());
  EXPECT_EQ(reply.header("Lull-Revision"), shop_.revision());
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_FALSE(reply.json().contains("next"));
  EXPECT_EQ(reply.json().at("items").at(1).at("value"), shop_.get("/v1/inventory/SKU-2").json());
}

TEST_F(Page, ListsAppsWithTheirEffectiveDocuments) {
  const Recorded reply = shop_.get("/v1/config?profile=prod");
  const Keys keys = keys_of(reply);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  EXPECT_NE(std::ranges::find(keys, "payment"), keys.end());
  EXPECT_EQ(std::ranges::find(keys, "payment-prod"), keys.end());
  const json body = reply.json();
  for (const json& item : body.at("items")) {
    const std::string target = "/v1/config/" + item.at("key").get<std::string>() + "?profile=prod";
    EXPECT_EQ(item.at("value"), shop_.get(target).json());
  }
  const json built = shop_.get("/v1/config?profile=prod,eu").json();
  EXPECT_EQ(shop_.get("/v1/config?profile=eu,prod").json().at("items"), built.at("items"));
  EXPECT_EQ(keys_of(shop_.get("/v1/config?prefix=pay")), Keys{"payment"});
  EXPECT_EQ(walk("/v1/config?limit=1"), keys);
  EXPECT_EQ(walk("/v1/config?limit=1&prefix=s&values=false"), Keys{"search"});
  EXPECT_EQ(keys_of(shop_.get("/v1/config?prefix=zz")), Keys{});
}

TEST_F(Page, LimitPrefixAndValues) {
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?prefix=SKU-&limit=2")), (Keys{"SKU-1", "SKU-2"}));
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?prefix=nothing")), Keys{});
  EXPECT_FALSE(shop_.get("/v1/inventory?prefix=nothing").json().contains("next"));
  EXPECT_FALSE(shop_.get("/v1/inventory?values=false").json().at("items").at(0).contains("value"));
  EXPECT_TRUE(shop_.get("/v1/inventory?values=true").json().at("items").at(0).contains("value"));
  for (const char* limit :
       {"0", "1001", "-1", "x", "", "1.5", "1e2", "+5", "99999999999999999999"}) {
    const Recorded reply = shop_.get("/v1/inventory?limit=" + std::string(limit));
    EXPECT_EQ(reply.status(), 400U) << limit;
    EXPECT_EQ(reply.code(), "invalid_query") << limit;
  }
  EXPECT_EQ(shop_.get("/v1/inventory?limit=1000").status(), 200U);
  EXPECT_EQ(shop_.get("/v1/inventory?values=no").code(), "invalid_query");
}

TEST_F(Page, WhereUsesDeclaredIndexes) {
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?where.warehouse=berlin")),
            (Keys{"SKU-1", "SKU-3", "SKU-4"}));
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?where.warehouse=berlin&where.shelf=2")),
            (Keys{"SKU-3", "SKU-4"}));
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?where.warehouse=berlin&prefix=SKU-4")), Keys{"SKU-4"});
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?where.warehouse=rome")), Keys{});
  EXPECT_EQ(walk("/v1/inventory?where.warehouse=berlin&limit=1"),
            (Keys{"SKU-1", "SKU-3", "SKU-4"}));
  const Recorded unknown = shop_.get("/v1/inventory?where.color=red");
  EXPECT_EQ(unknown.code(), "invalid_query");
  EXPECT_NE(unknown.detail().find("warehouse, shelf"), std::string::npos);
  shop_.put("notes", {{"n.ndjson", "{\"id\":\"n-1\"}\n"}});
  EXPECT_NE(shop_.get("/v1/notes?where.x=1").detail().find("has none"), std::string::npos);
}

TEST_F(Page, EveryLimitWalksToTheSameEnd) {
  const Keys all = keys_of(shop_.get("/v1/inventory"));
  for (int limit = 1; limit <= 6; ++limit) {
    EXPECT_EQ(walk("/v1/inventory?limit=" + std::to_string(limit)), all) << limit;
  }
  // A page that is exactly full has no next when nothing follows.
  EXPECT_FALSE(shop_.get("/v1/inventory?limit=5").json().contains("next"));
}

TEST_F(Page, ACursorKeepsItsRevisionAcrossPublications) {
  const std::string before = shop_.revision();
  const Recorded first = shop_.get("/v1/inventory?limit=2");
  const std::string next = first.json().at("next");
  shop_.put("inventory", {{"more.ndjson", "{\"sku\":\"SKU-25\"}\n"}});
  const Recorded second = shop_.get("/v1/inventory?limit=2&after=" + next);
  EXPECT_EQ(second.header("Lull-Revision"), before);
  EXPECT_EQ(second.json().at("revision"), before);
  EXPECT_EQ(keys_of(second), (Keys{"SKU-3", "SKU-4"}));
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?limit=3")), (Keys{"SKU-1", "SKU-2", "SKU-25"}));
  // The limit and whether values are wanted may change from page to page.
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?values=false&after=" + next)).size(), 3U);
  EXPECT_EQ(shop_.get("/v1/inventory?after=" + next + "&revision=" + before).status(), 200U);
  EXPECT_EQ(shop_.get("/v1/inventory?after=" + next + "&revision=" + shop_.revision()).code(),
            "invalid_cursor");
}

TEST(PageRetention, ACursorWhoseRevisionIsGoneIs410) {
  publish::PublisherOptions options;
  options.retained_revisions_max = 1;
  Shop shop({}, options);
  shop.fill();
  const std::string next = shop.get("/v1/inventory?limit=2").json().at("next");
  for (int i = 0; i < 3; ++i) {
    shop.put("config", {{"round.yaml", "n: " + std::to_string(i) + "\n"}});
  }
  const Recorded reply = shop.get("/v1/inventory?limit=2&after=" + next);
  EXPECT_EQ(reply.status(), 410U);
  EXPECT_EQ(reply.code(), "revision_gone");
}

TEST_F(Page, ACursorOfAnotherNodeIs410) {
  Shop other;
  other.fill();
  ASSERT_NE(other.revision(), shop_.revision()) << "random epochs: equal once in 2^32 runs";
  const std::string next = other.get("/v1/inventory?limit=2").json().at("next");
  EXPECT_EQ(shop_.get("/v1/inventory?after=" + next).code(), "revision_gone");
}

TEST_F(Page, ACursorServesNoOtherListing) {
  const std::string next = shop_.get("/v1/inventory?limit=2").json().at("next");
  for (const char* other :
       {"/v1/inventory?prefix=SKU&after=", "/v1/inventory?where.warehouse=berlin&after=",
        "/v1/config?after=", "/v1/notes?after="}) {
    const Recorded reply = shop_.get(other + next);
    EXPECT_EQ(reply.status(), 400U) << other;
    EXPECT_EQ(reply.code(), "invalid_cursor") << other;
  }
  const std::string apps = shop_.get("/v1/config?limit=1").json().at("next");
  EXPECT_EQ(shop_.get("/v1/config?profile=prod&after=" + apps).code(), "invalid_cursor");
  for (const char* malformed : {"", "x", "SKU-1", "%3D%3D", "AAAA"}) {
    EXPECT_EQ(shop_.get("/v1/inventory?after=" + std::string(malformed)).code(), "invalid_cursor")
        << malformed;
  }
  // Conditions in another order are the same listing.
  const std::string both =
      shop_.get("/v1/inventory?where.warehouse=berlin&where.shelf=2&limit=1").json().at("next");
  EXPECT_EQ(keys_of(shop_.get("/v1/inventory?where.shelf=2&where.warehouse=berlin&after=" + both)),
            Keys{"SKU-4"});
}

TEST(PageLimits, APageEndsEarlyAtItsBytesAndGoesOn) {
  Shop shop({.response_bytes_max = 150});
  shop.fill();
  Keys all;
  std::string target = "/v1/inventory";
  int pages = 0;
  for (; pages < 10; ++pages) {
    const Recorded reply = shop.get(target);
    const Keys keys = keys_of(reply);
    ASSERT_FALSE(keys.empty());
    EXPECT_LT(reply.body().size(), 150U + 200U);
    std::ranges::copy(keys, std::back_inserter(all));
    if (!reply.json().contains("next")) break;
    target = "/v1/inventory?after=" + reply.json().at("next").get<std::string>();
  }
  EXPECT_EQ(all, (Keys{"SKU-1", "SKU-2", "SKU-3", "SKU-4", "parts/wheel"}));
  EXPECT_GT(pages, 1);
}

TEST(PageLimits, MergingOnDemandEndsAPageEarly) {
  Shop shop({.merge_bytes_max = 250});
  shop.fill();
  const Keys all = keys_of(shop.get("/v1/config"));
  Keys merged;
  int pages = 0;
  for (std::string target = "/v1/config?profile=eu,prod"; !target.empty(); ++pages) {
    const Recorded page = shop.get(target);
    ASSERT_EQ(page.status(), 200U) << page.body();
    std::ranges::copy(keys_of(page), std::back_inserter(merged));
    target.clear();
    if (page.json().contains("next")) {
      target = "/v1/config?profile=eu,prod&after=" + page.json().at("next").get<std::string>();
    }
  }
  EXPECT_EQ(merged, all);
  EXPECT_GT(pages, 1);
  EXPECT_EQ(keys_of(shop.get("/v1/config?profile=prod,eu")), all) << "built at publication";
}

TEST_F(Page, ALongPageOwnsItsBytesAndHoldsNoSnapshot) {
  std::string records;
  for (int i = 0; i < 1500; ++i) {
    records +=
        "{\"id\":\"n-" + std::to_string(1000 + i) + "\",\"text\":\"some words of a note\"}\n";
  }
  shop_.put("notes", {{"n.ndjson", records}});
  const Recorded page = shop_.get("/v1/notes?limit=1000");
  EXPECT_FALSE(page.held());
  EXPECT_EQ(keys_of(page).size(), 1000U);
  const auto holds = shop_.publisher().view().read(
      [](const publish::View& view) { return view.current().holds(); });
  EXPECT_EQ(holds, 1U);  // the view's own
  EXPECT_EQ(walk("/v1/notes?limit=1000").size(), 1500U);
}

}  // namespace
}  // namespace lull::api::test
