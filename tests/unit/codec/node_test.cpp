#include <gtest/gtest.h>

#include "codec_helper.h"

namespace lull::codec {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(Node, EscapesOnlyWhatJsonDemands) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("a/b <é> \x7F"), "\"a/b <é> \x7F\"");
  EXPECT_EQ(json_string("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(json_string(std::string_view("\x00\x01\x1F", 3)), R"("\u0000\u0001\u001f")");
}

TEST(Node, WritesMembersSortedByTheirBytes) {
  const auto node =
      parse(R"({"b":[1,{"z":null,"a":true}],"é":2,"a":{},"":[],"B":"x"})", DocumentFormat::kJson);
  ASSERT_TRUE(node);
  EXPECT_EQ(to_json(*node), R"({"":[],"B":"x","a":{},"b":[1,{"a":true,"z":null}],"é":2})");
}

TEST(Node, FindsMembersOfObjectsOnly) {
  const auto node = parse(R"({"a":{"b":1},"c":[2]})", DocumentFormat::kJson);
  ASSERT_TRUE(node);
  ASSERT_NE(node->member("a"), nullptr);
  EXPECT_EQ(node->member("a")->member("b")->scalar, "1");
  EXPECT_EQ(node->member("x"), nullptr);
  EXPECT_EQ(node->member("c")->member(""), nullptr);
}

TEST(Node, WritesATreeOfAnyDepthWithoutRecursion) {
  constexpr int kDepth = 100'000;
  Node node;
  for (int i = 0; i < kDepth; ++i) {
    Node outer;
    outer.kind = Node::Kind::kArray;
    outer.children.emplace_back(std::string(), std::move(node));
    node = std::move(outer);
  }
  const std::string json = to_json(node);
  EXPECT_EQ(json.size(), 2U * kDepth + 4);
  while (!node.children.empty()) {  // its destructor would recurse
    Node inner = std::move(node.children.front().value);
    node = std::move(inner);
  }
}

}  // namespace
}  // namespace lull::codec
