#include "lull/snapshot/document.h"

#include <gtest/gtest.h>

#include <string>

namespace lull::snapshot {
namespace {

constexpr NodeOrigin kNowhere{};

std::string at(const Document& document, std::string_view pointer) {
  const auto node = document.find(pointer);
  return node ? std::string(document.text(*node)) : "nothing";
}

/// {"":0,"/":1,"~":2,"a/b":3,"~1":4,"list":[10,[20,21],{}],"no":{},"null":null,"naïve":"ü\n","zero":{"0":"z"}}
std::shared_ptr<const Document> sample(std::shared_ptr<MemoryAccount> account = nullptr) {
  DocumentBuilder builder("sample", std::move(account));
  const std::uint32_t file = builder.file("sample.yaml");
  const auto number = [&builder](std::string_view key, std::string_view text, NodeOrigin origin) {
    builder.key(key);
    builder.literal(NodeKind::kNumber, text, origin);
  };
  builder.begin_object({file, 1});
  builder.key("zero");
  builder.begin_object({file, 9});
  builder.key("0");
  builder.string("z", {file, 10});
  builder.end_object();
  number("", "0", kNowhere);
  number("~1", "4", kNowhere);
  number("a/b", "3", {file, 4});
  number("~", "2", kNowhere);
  number("/", "1", kNowhere);
  builder.key("list");
  builder.begin_array({file, 5});
  builder.literal(NodeKind::kNumber, "10", {file, 6});
  builder.begin_array(kNowhere);
  builder.literal(NodeKind::kNumber, "20", kNowhere);
  builder.literal(NodeKind::kNumber, "21", kNowhere);
  builder.end_array();
  builder.begin_object(kNowhere);
  builder.end_object();
  builder.end_array();
  builder.key("no");
  builder.begin_object(kNowhere);
  builder.end_object();
  builder.key("null");
  builder.literal(NodeKind::kNull, "null", kNowhere);
  builder.key("na\u00efve");
  builder.string("\u00fc\n", kNowhere);
  builder.end_object();
  return builder.finish();
}

TEST(Document, WritesCanonicalText) {
  EXPECT_EQ(
      sample()->text(),
      "{\"\":0,\"/\":1,\"a/b\":3,\"list\":[10,[20,21],{}],\"na\u00efve\":\"\u00fc\\n\",\"no\":{},"
      "\"null\":null,\"zero\":{\"0\":\"z\"},\"~\":2,\"~1\":4}");
  EXPECT_EQ(sample()->name(), "sample");
}

TEST(Document, FindsByPointer) {
  const auto document = sample();
  EXPECT_EQ(at(*document, ""), document->text());
  EXPECT_EQ(at(*document, "list"), "[10,[20,21],{}]");
  EXPECT_EQ(at(*document, "list/0"), "10");
  EXPECT_EQ(at(*document, "list/1"), "[20,21]");
  EXPECT_EQ(at(*document, "list/1/1"), "21");
  EXPECT_EQ(at(*document, "list/2"), "{}");
  EXPECT_EQ(at(*document, "no"), "{}");
  EXPECT_EQ(at(*document, "null"), "null");
  EXPECT_EQ(at(*document, "na\u00efve"), "\"\u00fc\\n\"");
  EXPECT_EQ(at(*document, "zero/0"), "\"z\"");
}

TEST(Document, UndoesPointerEscapes) {
  const auto document = sample();
  EXPECT_EQ(at(*document, "a~1b"), "3");
  EXPECT_EQ(at(*document, "~1"), "1");
  EXPECT_EQ(at(*document, "~0"), "2");
  EXPECT_EQ(at(*document, "~01"), "4") << "~01 is ~1, not /";
  EXPECT_EQ(at(*document, "a/b"), "nothing") << "a plain slash separates";
}

TEST(Document, RefusesBrokenEscapes) {
  const auto document = sample();
  for (const char* pointer : {"~", "~2", "a~", "a~b", "~~", "~0~", "zero/~"}) {
    EXPECT_EQ(at(*document, pointer), "nothing") << pointer;
  }
}

TEST(Document, TakesArrayIndexesInOneSpellingOnly) {
  const auto document = sample();
  for (const char* pointer : {"list/00", "list/01", "list/-", "list/-1", "list/+1", "list/3",
                              "list/1x", "list/x", "list/ 1", "list/", "list/4294967296",
                              "list/18446744073709551616", "list/1~", "list/~01"}) {
    EXPECT_EQ(at(*document, pointer), "nothing") << pointer;
  }
}

TEST(Document, FindsNothingBelowScalarsAndEmptyContainers) {
  const auto document = sample();
  for (const char* pointer : {"null/0", "null/x", "no/x", "no/0", "list/0/0", "list/2/x",
                              "zero/0/0", "missing", "list/1/1/", "Null", "nul", "nulll"}) {
    EXPECT_EQ(at(*document, pointer), "nothing") << pointer;
  }
}

TEST(Document, AnEmptySegmentIsAnEmptyKey) {
  DocumentBuilder builder("d");
  builder.begin_object(kNowhere);
  builder.key("a");
  builder.begin_object(kNowhere);
  builder.key("");
  builder.literal(NodeKind::kBoolean, "true", kNowhere);
  builder.end_object();
  builder.end_object();
  const auto document = builder.finish();
  EXPECT_EQ(at(*document, "a/"), "true");
  EXPECT_EQ(at(*document, "a//"), "nothing");
}

TEST(Document, ChildrenAreNeighboursInOrder) {
  const auto document = sample();
  const auto root = document->children(Document::kRoot);
  ASSERT_EQ(root.count, 10U);
  for (std::uint32_t i = 1; i < root.count; ++i) {
    EXPECT_LT(document->key(root.first + i - 1), document->key(root.first + i));
  }
  const auto list = document->find("list").value();
  EXPECT_EQ(document->kind(list), NodeKind::kArray);
  const auto elements = document->children(list);
  ASSERT_EQ(elements.count, 3U);
  EXPECT_EQ(document->text(elements.first), "10");
  EXPECT_EQ(document->key(elements.first), "");
  EXPECT_EQ(document->kind(elements.first + 2), NodeKind::kObject);
  EXPECT_EQ(document->children(elements.first + 2).count, 0U);
  EXPECT_EQ(document->key(Document::kRoot), "");
}

TEST(Document, RemembersOrigins) {
  const auto document = sample();
  const NodeOrigin origin = document->origin(document->find("a~1b").value());
  EXPECT_EQ(origin.line, 4U);
  EXPECT_EQ(document->file(origin.file), "sample.yaml");
  EXPECT_EQ(document->file(7), "");
  EXPECT_EQ(document->origin(document->find("list").value()).line, 5U);
}

TEST(Document, RegistersAFileOnce) {
  DocumentBuilder builder("d");
  EXPECT_EQ(builder.file("a"), 0U);
  EXPECT_EQ(builder.file("b"), 1U);
  EXPECT_EQ(builder.file("a"), 0U);
}

TEST(Document, KeepsKeysThatNeedEscapes) {
  const std::string odd("q\"b\\n\n\x01", 7);
  DocumentBuilder builder("d");
  builder.begin_object(kNowhere);
  builder.key(odd);
  builder.string(std::string_view("\b\f\r\t\x1f\x7f/\0", 8), kNowhere);
  builder.end_object();
  const auto document = builder.finish();
  EXPECT_EQ(document->text(), "{\"q\\\"b\\\\n\\n\\u0001\":\"\\b\\f\\r\\t\\u001f\x7f/\\u0000\"}");
  const auto node = document->find(odd);
  ASSERT_TRUE(node);
  EXPECT_EQ(document->key(*node), odd);
}

TEST(Document, SortsKeysByUnsignedBytes) {
  DocumentBuilder builder("d");
  builder.begin_object(kNowhere);
  for (const char* key : {"\u00fc", "z", "A", "\U0001F600", "a"}) {
    builder.key(key);
    builder.string(key, kNowhere);
  }
  builder.end_object();
  const auto document = builder.finish();
  EXPECT_EQ(
      document->text(),
      "{\"A\":\"A\",\"a\":\"a\",\"z\":\"z\",\"\u00fc\":\"\u00fc\",\"\U0001F600\":\"\U0001F600\"}");
  for (const char* key : {"\u00fc", "z", "A", "\U0001F600", "a"}) EXPECT_TRUE(document->find(key));
}

TEST(Document, TheRootMayBeAnyValue) {
  DocumentBuilder text("d");
  text.string("x", kNowhere);
  EXPECT_EQ(text.finish()->text(), "\"x\"");
  DocumentBuilder list("d");
  list.begin_array(kNowhere);
  list.end_array();
  const auto document = list.finish();
  EXPECT_EQ(document->text(), "[]");
  EXPECT_FALSE(document->find("0"));
}

TEST(Document, SurvivesDepth) {
  constexpr std::size_t kDepth = 100'000;
  DocumentBuilder builder("deep");
  std::string pointer;
  for (std::size_t i = 0; i < kDepth; ++i) {
    builder.begin_object(kNowhere);
    builder.key("k");
    pointer += i == 0 ? "k" : "/k";
  }
  builder.literal(NodeKind::kNull, "null", kNowhere);
  for (std::size_t i = 0; i < kDepth; ++i) builder.end_object();
  const auto document = builder.finish();
  EXPECT_EQ(at(*document, pointer), "null");
  EXPECT_EQ(document->text().size(), kDepth * 6 + 4);
}

TEST(Document, HashesTheDataAlone) {
  const auto build = [](bool turned, std::uint32_t line) {
    DocumentBuilder builder(turned ? "one" : "two");
    builder.begin_object({builder.file("f"), line});
    for (const char* key : {turned ? "a" : "b", turned ? "b" : "a"}) {
      builder.key(key);
      builder.string(key, {0, line});
    }
    builder.end_object();
    return builder.finish();
  };
  EXPECT_EQ(build(true, 1)->content_hash(), build(false, 2)->content_hash());
  EXPECT_NE(build(true, 1)->content_hash(), sample()->content_hash());
}

TEST(Document, ChargesItsBytes) {
  const auto account = std::make_shared<MemoryAccount>();
  auto document = sample(account);
  EXPECT_EQ(account->bytes(), document->memory_bytes());
  EXPECT_GT(account->bytes(), document->text().size());
  document.reset();
  EXPECT_EQ(account->bytes(), 0U);
}

TEST(Document, AReceiverThatChangesItsCopyChangesNothing) {
  const auto document = sample();
  std::string copy(document->text());
  copy.assign(copy.size(), 'x');
  EXPECT_EQ(document->text(), sample()->text());
}

}  // namespace
}  // namespace lull::snapshot
