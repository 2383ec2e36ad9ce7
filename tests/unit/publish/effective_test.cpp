#include "lull/publish/effective.h"

#include "lull/codec/parse.h"
#include "support.h"

namespace lull::publish {
namespace {

TEST(Effective, ToNodeAndBackKeepsEverything) {
  const std::string json =
      R"({"":{},"a":[1,2.5,-0,18446744073709551615,"x",null,true,false,[],{"b":1}],)"
      R"("e/s~c":"\"\\\b\f\n\r\t\u0001\u001fé\u007f/","k\"y":"")"
      "}";
  const auto parsed = codec::parse_document(json, codec::DocumentFormat::kJson, {"f", 0});
  ASSERT_TRUE(parsed) << parsed.error().text();
  const std::string file[] = {"f.json"};
  const auto document = to_document("d", *parsed, file, nullptr);
  std::vector<std::string> files = {"unrelated"};
  const codec::Node node = to_node(*document, files);
  EXPECT_EQ(codec::to_json(node), document->text());
  EXPECT_EQ(node.origin.file, 1U);
  ASSERT_EQ(files.size(), 2U);
  const auto again = to_document("d", node, files, nullptr);
  EXPECT_EQ(again->text(), document->text());
  EXPECT_EQ(again->content_hash(), document->content_hash());
  EXPECT_EQ(again->file(again->origin(0).file), "f.json");
}

TEST(Effective, AnUnknownAppIsNull) {
  const auto account = std::make_shared<MemoryAccount>();
  const auto tree = tree_of("x", account);
  EXPECT_EQ(merge_effective(*tree, "nobody", {}), nullptr);
}

}  // namespace
}  // namespace lull::publish
