#include "lull/validate/layering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "lull/codec/parse.h"

namespace lull::validate {
namespace {

using codec::Node;
using ::testing::ElementsAre;

const std::vector<std::string> kProfiles = {"dev", "prod", "eu", "eu-prod"};

Node parse(std::string_view json, std::uint32_t file = 0) {
  auto node = codec::parse_document(json, codec::DocumentFormat::kJson, {"test.json", file});
  EXPECT_TRUE(node) << (node ? "" : node.error().text());
  return node ? *std::move(node) : Node{};
}

std::string merged(const std::vector<std::string>& layers) {
  std::vector<Node> nodes;
  nodes.reserve(layers.size());
  for (const std::string& layer : layers) nodes.push_back(parse(layer));
  std::vector<const Node*> pointers;
  for (const Node& node : nodes) pointers.push_back(&node);
  return to_json(merge_layers(pointers));
}

TEST(SplitLayerName, TheLongestDeclaredProfileWins) {
  struct Case {
    std::string_view name, app, profile;
  };
  for (const Case& c : std::vector<Case>{{"payment", "payment", ""},
                                         {"payment-dev", "payment", "dev"},
                                         {"payment-prod", "payment", "prod"},
                                         {"payment-eu-prod", "payment", "eu-prod"},
                                         {"payment-eu", "payment", "eu"},
                                         {"payment-test", "payment-test", ""},
                                         {"payment-service", "payment-service", ""},
                                         {"payment-service-dev", "payment-service", "dev"},
                                         {"application-dev", "application", "dev"},
                                         {"dev", "dev", ""},
                                         {"-dev", "-dev", ""},
                                         {"paymentdev", "paymentdev", ""},
                                         {"payment-", "payment-", ""},
                                         {"", "", ""}}) {
    const LayerName split = split_layer_name(c.name, kProfiles);
    EXPECT_EQ(split.app, c.app) << c.name;
    EXPECT_EQ(split.profile, c.profile) << c.name;
  }
  EXPECT_EQ(split_layer_name("payment-dev", {}).app, "payment-dev");
}

TEST(LayerOrder, CommonThenAppThenEachProfileAsAsked) {
  const std::vector<std::string_view> two = {"prod", "eu"};
  EXPECT_THAT(layer_order("payment", {}), ElementsAre("application", "payment"));
  EXPECT_THAT(layer_order("payment", two),
              ElementsAre("application", "payment", "application-prod", "payment-prod",
                          "application-eu", "payment-eu"));
}

TEST(LayerOrder, NoNameTwice) {
  const std::vector<std::string_view> twice = {"prod", "prod"};
  EXPECT_THAT(layer_order("application", twice), ElementsAre("application", "application-prod"));
}

TEST(MergeLayers, ObjectsByKeyAnythingElseWhole) {
  EXPECT_EQ(merged({}), "{}");
  EXPECT_EQ(merged({R"({"a":1})"}), R"({"a":1})");
  EXPECT_EQ(merged({R"({"a":1,"b":2})", R"({"b":3,"c":4})"}), R"({"a":1,"b":3,"c":4})");
  EXPECT_EQ(merged({R"({"a":{"x":1,"y":2}})", R"({"a":{"y":3}})"}), R"({"a":{"x":1,"y":3}})");
  EXPECT_EQ(merged({R"({"a":[1,2,3]})", R"({"a":[4]})"}), R"({"a":[4]})");
  EXPECT_EQ(merged({R"({"a":{"x":1}})", R"({"a":null})"}), R"({"a":null})");
  EXPECT_EQ(merged({R"({"a":{"x":1}})", R"({"a":"s"})", R"({"a":{"y":2}})"}), R"({"a":{"y":2}})");
  EXPECT_EQ(merged({R"({"a":{"x":1}})", R"({"a":{}})"}), R"({"a":{"x":1}})");
  EXPECT_EQ(merged({R"({"a":[{"x":1}]})", R"({"a":[{"y":1}]})"}), R"({"a":[{"y":1}]})");
}

TEST(MergeLayers, EveryNodeKeepsTheOriginOfTheLayerThatSetIt) {
  const Node low = parse("{\"a\":{\n\"x\":1,\n\"y\":2},\n\"b\":1}", 0);
  const Node high = parse("{\n\n\"a\":{\"y\":3},\"c\":[1]}", 1);
  const Node* layers[] = {&low, &high};
  const Node out = merge_layers(layers);
  const Node& a = *out.member("a");
  EXPECT_EQ(a.origin.file, 0U) << "the layer that made it an object";
  EXPECT_EQ(a.member("x")->origin.file, 0U);
  EXPECT_EQ(a.member("x")->origin.line, 2U);
  EXPECT_EQ(a.member("y")->origin.file, 1U);
  EXPECT_EQ(a.member("y")->origin.line, 3U);
  EXPECT_EQ(out.member("b")->origin.file, 0U);
  EXPECT_EQ(out.member("c")->children.front().value.origin.file, 1U);
}

TEST(MergeLayers, WideObjectsMergeLikeNarrowOnes) {
  std::string low = "{";
  std::string high = "{";
  std::string expected = "{";
  for (int i = 10000; i < 30000; ++i) {
    const std::string key = "\"k" + std::to_string(i) + "\":";
    if (i < 25000) low += (low.size() > 1 ? "," : "") + key + "1";
    if (i >= 15000) high += (high.size() > 1 ? "," : "") + key + "2";
    expected += (expected.size() > 1 ? "," : "") + key + (i >= 15000 ? "2" : "1");
  }
  EXPECT_EQ(merged({low + "}", high + "}"}), expected + "}");
}

// The naive definition, one path at a time: the highest layer that has a say about a path decides.
const Node* decide(const std::vector<const Node*>& layers, const std::vector<std::string>& path) {
  std::vector<const Node*> here = layers;
  for (const std::string& name : path) {
    std::vector<const Node*> next;
    for (const Node* node : here) {
      if (node->kind != Node::Kind::kObject) {
        next.clear();
        continue;
      }
      if (const Node* member = node->member(name)) {
        if (member->kind != Node::Kind::kObject) next.clear();
        next.push_back(member);
      }
    }
    here = std::move(next);
  }
  return here.empty() ? nullptr : here.back();
}

Node random_object(std::mt19937_64& random, int depth, std::uint32_t file) {
  Node out;
  out.kind = Node::Kind::kObject;
  out.origin.file = file;
  for (const char* name : {"a", "b", "c"}) {
    const auto dice = random() % 4;
    if (dice == 0) continue;
    if (dice == 1 && depth > 0) {
      out.children.emplace_back(name, random_object(random, depth - 1, file));
    } else {
      out.children.emplace_back(
          name, Node{Node::Kind::kNumber, std::to_string(random() % 10), {}, {file, 0, 0}});
    }
  }
  return out;
}

void compare(const Node& merged_node, const std::vector<const Node*>& layers,
             std::vector<std::string>& path) {
  for (const char* name : {"a", "b", "c"}) {
    path.emplace_back(name);
    const Node* expected = decide(layers, path);
    const Node* actual = merged_node.member(name);
    ASSERT_EQ(expected == nullptr, actual == nullptr);
    if (actual != nullptr && actual->kind == Node::Kind::kObject) {
      ASSERT_EQ(expected->kind, Node::Kind::kObject);
      compare(*actual, layers, path);
    } else if (actual != nullptr) {
      ASSERT_EQ(actual->scalar, expected->scalar);
      ASSERT_EQ(actual->origin.file, expected->origin.file);
    }
    path.pop_back();
  }
}

TEST(MergeLayers, RandomLayersAgreeWithTheNaiveDefinition) {
  const char* const env = std::getenv("LULL_SEED");
  const std::uint64_t seed = env != nullptr ? std::stoull(env) : std::random_device{}();
  std::cout << "LULL_SEED=" << seed << '\n';
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<Node> nodes;
    for (std::uint32_t i = 0; i < 1 + random() % 5; ++i)
      nodes.push_back(random_object(random, 3, i));
    std::vector<const Node*> layers;
    for (const Node& node : nodes) layers.push_back(&node);
    std::vector<std::string> path;
    compare(merge_layers(layers), layers, path);
    ASSERT_FALSE(HasFatalFailure()) << "round " << round;
  }
}

}  // namespace
}  // namespace lull::validate
