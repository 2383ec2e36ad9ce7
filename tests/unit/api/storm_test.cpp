// One generation in every reply, while another thread publishes without a pause.
#include <atomic>
#include <thread>

#include "shop.h"

namespace lull::api::test {
namespace {

using nlohmann::json;

constexpr int kKeys = 40;
constexpr int kGenerations = 150;

/// All data of a generation carries its number, in both collections' own series.
Files generation_of_records(int generation) {
  std::string text;
  for (int i = 0; i < kKeys; ++i) {
    text += R"({"sku":"SKU-)" + std::to_string(100 + i) + R"(","available":)" +
            std::to_string(generation) + "}\n";
  }
  return {{"stock.ndjson", text}};
}

Files generation_of_documents(int generation) {
  const std::string number = std::to_string(generation);
  return {{"application.yaml", "generation: " + number + "\n"},
          {"payment.yaml", "own: " + number + "\n"},
          {"search.yaml", "own: " + number + "\n"}};
}

class Storm : public ::testing::Test {
 protected:
  void SetUp() override {
    shop_.put("inventory", generation_of_records(0));
    shop_.put("config", generation_of_documents(0));
  }

  /// Publishes all generations while the calling thread runs `ask` again and again. Returns how
  /// many different revisions `ask` returned.
  template <class F>
  std::size_t during(F&& ask) {
    std::atomic<bool> done{false};
    std::jthread writer([&] {
      for (int generation = 1; generation <= kGenerations; ++generation) {
        shop_.put("inventory", generation_of_records(generation));
        shop_.put("config", generation_of_documents(generation));
      }
      done.store(true);
    });
    std::map<std::string, int> revisions;
    while (!done.load()) ++revisions[ask()];
    return revisions.size();
  }

  Shop shop_;
};

TEST_F(Storm, ABatchIsOneGeneration) {
  std::string body =
      R"({"keys":["config/payment/own","config/payment/generation","config/search/own")";
  for (int i = 0; i < kKeys; ++i) body += R"(,"inventory/SKU-)" + std::to_string(100 + i) + '"';
  body += "]}";
  const std::size_t revisions = during([&] {
    const Recorded reply = shop_.post("/v1:batch", body);
    const json all = reply.json();
    EXPECT_EQ(all.at("revision"), reply.header("Lull-Revision"));
    const json& results = all.at("results");
    EXPECT_EQ(results.at(0).at("value"), results.at(1).at("value"));
    EXPECT_EQ(results.at(0).at("value"), results.at(2).at("value"));
    const json& first = results.at(3).at("value").at("available");
    for (std::size_t i = 3; i < results.size(); ++i) {
      EXPECT_EQ(results.at(i).at("value").at("available"), first);
    }
    return reply.header("Lull-Revision");
  });
  EXPECT_GT(revisions, 2U);
}

TEST_F(Storm, ACheckIsOneGeneration) {
  std::string body = R"({"items":[)";
  for (int i = 0; i < kKeys; ++i) {
    body += (i == 0 ? "" : ",") + std::string(R"({"key":"SKU-)") + std::to_string(100 + i) +
            R"(","quantity":1})";
  }
  body += "]}";
  const std::size_t revisions = during([&] {
    const Recorded reply = shop_.post("/v1/inventory:check", body);
    const json all = reply.json();
    for (const json& item : all.at("items")) {
      EXPECT_EQ(item.at("available"), all.at("items").at(0).at("available"));
    }
    return reply.header("Lull-Revision");
  });
  EXPECT_GT(revisions, 2U);
}

TEST_F(Storm, AllPagesOfAListingAreOneGenerationOrItEndsIn410) {
  int finished = 0;
  const std::size_t revisions = during([&] {
    Recorded reply = shop_.get("/v1/inventory?limit=15");
    const std::string revision = reply.header("Lull-Revision");
    const json first = reply.json().at("items").at(0).at("value").at("available");
    std::size_t items = 0;
    for (;;) {
      const json page = reply.json();
      EXPECT_EQ(reply.header("Lull-Revision"), revision);
      EXPECT_EQ(page.at("revision"), revision);
      for (const json& item : page.at("items")) {
        EXPECT_EQ(item.at("value").at("available"), first);
        ++items;
      }
      if (!page.contains("next")) break;
      reply = shop_.get("/v1/inventory?limit=15&after=" + page.at("next").get<std::string>());
      if (reply.status() == 410) return revision;
    }
    EXPECT_EQ(items, static_cast<std::size_t>(kKeys));
    ++finished;
    return revision;
  });
  EXPECT_GT(revisions, 2U);
  EXPECT_GT(finished, 0);
}

TEST_F(Storm, ADocumentIsOneGenerationAlsoWhenMergedOnDemand) {
  for (const char* target : {"/v1/config/payment", "/v1/config/payment?profile=eu,dev"}) {
    during([&] {
      const Recorded reply = shop_.get(target);
      EXPECT_EQ(reply.json().at("own"), reply.json().at("generation"));
      return reply.header("Lull-Revision");
    });
    shop_.put("inventory", generation_of_records(0));
    shop_.put("config", generation_of_documents(0));
  }
}

}  // namespace
}  // namespace lull::api::test
