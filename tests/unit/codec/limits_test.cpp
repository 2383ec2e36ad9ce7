// Row 7: input that is meant to exhaust memory, the stack or time is refused cheaply.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <iostream>

#include "codec_helper.h"

namespace lull::codec {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs = false;  // a sanitizer's own memory would be counted
#else
constexpr bool kMemoryIsOurs = true;
#endif

std::string repeat(std::string_view part, std::size_t times) {
  std::string out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

// Peak memory of a process that does `work` and nothing else.
long peak_kib(const std::function<bool()>& work) {
  malloc_trim(0);  // or the child would find free memory that is already counted
  const pid_t child = fork();
  if (child == 0) _exit(work() ? 0 : 1);
  int status = 0;
  rusage usage{};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  return usage.ru_maxrss;
}

void expect_cheap_refusal(const char* name, const std::string& text, DocumentFormat format,
                          const std::string& expected) {
  const auto begin = std::chrono::steady_clock::now();
  const Result<Node> node = parse(text, format);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  ASSERT_FALSE(node) << name;
  EXPECT_NE(node.error().text().find(expected), std::string::npos) << node.error().text();
  const auto touch = [&text] {
    std::size_t sum = 0;
    for (const char c : text) sum += static_cast<unsigned char>(c);
    return sum != 0;
  };
  const long before = peak_kib(touch);
  const long with = peak_kib([&] { return touch() && !parse(text, format); });
  std::cout << name << ": " << took.count() << " ms, " << (with - before) << " KiB\n";
  if (kMemoryIsOurs) {
    EXPECT_LT(with - before, 16L * 1024) << name;
  }
}

TEST(Limits, DepthIsRefusedCheaply) {
  constexpr std::size_t kDeep = 100'000;
  const std::string depth = "nested more than 64 levels deep (document_depth_max)";
  expect_cheap_refusal("JSON arrays", "{\"a\":" + repeat("[", kDeep) + repeat("]", kDeep) + "}",
                       DocumentFormat::kJson, depth);
  expect_cheap_refusal("JSON objects", repeat("{\"a\":", kDeep), DocumentFormat::kJson, depth);
  expect_cheap_refusal("YAML flow sequences", "a: " + repeat("[", kDeep) + repeat("]", kDeep),
                       DocumentFormat::kYaml, depth);
  expect_cheap_refusal("YAML flow mappings", repeat("{a: ", kDeep), DocumentFormat::kYaml, depth);
  expect_cheap_refusal("YAML flow on lines", "a:\n " + repeat("[\n ", kDeep), DocumentFormat::kYaml,
                       depth);
  expect_cheap_refusal("YAML flow below the suspicion", repeat("{a: ", 5'000),
                       DocumentFormat::kYaml, depth);
  expect_cheap_refusal("YAML block sequences", "a:\n  " + repeat("- ", kDeep) + "x\n",
                       DocumentFormat::kYaml, depth);
  expect_cheap_refusal("YAML complex keys", "a:\n  " + repeat("? ", kDeep) + "x\n",
                       DocumentFormat::kYaml, "expected a string");
  expect_cheap_refusal("TOML arrays", "a = " + repeat("[", kDeep) + repeat("]", kDeep),
                       DocumentFormat::kToml, depth);
  expect_cheap_refusal("TOML inline tables", "a = " + repeat("{a = ", kDeep), DocumentFormat::kToml,
                       depth);
  expect_cheap_refusal("TOML dotted key", "a" + repeat(".a", kDeep) + " = 1", DocumentFormat::kToml,
                       depth);
  expect_cheap_refusal("TOML header", "[a" + repeat(". 'a'", kDeep) + "]", DocumentFormat::kToml,
                       depth);
  expect_cheap_refusal("TOML header of an array", "[[a" + repeat(".a", kDeep) + "]]",
                       DocumentFormat::kToml, depth);
}

TEST(Limits, AliasBombsAreRefusedCheaply) {
  std::string laughs = "l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string inner = "*l" + std::to_string(i - 1) + " ";
    laughs += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" +
              repeat(inner + ", ", 9) + inner + "]\n";
  }
  expect_cheap_refusal("a billion laughs", laughs, DocumentFormat::kYaml,
                       "more than 10000 values (alias_nodes_max)");
  expect_cheap_refusal("one large value, often",
                       "a: &a [" + repeat("1, ", 5000) + "]\nb: [" + repeat("*a , ", 1000) + "]\n",
                       DocumentFormat::kYaml, "more than 10000 values (alias_nodes_max)");
  expect_cheap_refusal("one long text, often",
                       "a: &a " + repeat("x", 300'000) + "\nb: [" + repeat("*a , ", 1000) + "]\n",
                       DocumentFormat::kYaml, "more than 1048576 bytes of text (alias_bytes_max)");
  expect_cheap_refusal(
      "many anchors",
      "a: [" +
          [] {
            std::string out;
            for (int i = 0; i < 20'000; ++i) out += "&a" + std::to_string(i) + " 1, ";
            return out;
          }() +
          "]\n",
      DocumentFormat::kYaml, "more than 10000 anchors");
  std::string deep = "l0: &l0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    deep += "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [*l" + std::to_string(i - 1) +
            " ]\n";
  }
  expect_cheap_refusal("depth by aliases", deep, DocumentFormat::kYaml,
                       "nested more than 64 levels deep");
}

TEST(Limits, WhatCostsLibfyamlTooMuchIsRefused) {
  const auto yaml = DocumentFormat::kYaml;
  expect_cheap_refusal("tag directives", repeat("%TAG !a! tag:x,2000:\n", 20'000) + "---\na: 1\n",
                       yaml, "%TAG directives are not supported");
  expect_cheap_refusal("tag directives behind a document",
                       "a: 1\n...\n" + repeat("%TAG !a! tag:x,2000:\n", 20'000) + "---\n", yaml,
                       "%TAG directives are not supported");
  expect_cheap_refusal("many flow tokens", "{a: [" + repeat("1,", 1'000'000) + "]}", yaml,
                       "more than 1000000 brackets, commas and ampersands");
}

TEST(Limits, BracketsInTextAreNoDepth) {
  const auto yaml = DocumentFormat::kYaml;
  const std::string brackets = repeat("[{", 20'000);
  EXPECT_TRUE(parse("a: \"" + brackets + "\"\nb: {c: [1]}\n", yaml));
  EXPECT_TRUE(parse("a: |\n  " + brackets + "\nb: 1\n", yaml));
  EXPECT_TRUE(parse("# " + brackets + "\na: x" + brackets + "\n", yaml));
  EXPECT_FALSE(parse("# " + brackets + "\na: " + repeat("[", 65) + "\n", yaml));
}

TEST(Limits, DepthIsExactAndTheSameInEveryFormat) {
  for (const std::size_t depth : {63U, 64U, 65U}) {
    // The root object is one level, so `depth` levels have depth - 1 arrays in it.
    const std::string arrays = repeat("[", depth - 1) + repeat("]", depth - 1);
    EXPECT_EQ(parse("{\"a\":" + arrays + "}", DocumentFormat::kJson).has_value(), depth <= 64);
    EXPECT_EQ(parse("a: " + arrays, DocumentFormat::kYaml).has_value(), depth <= 64);
    EXPECT_EQ(parse("a = " + arrays, DocumentFormat::kToml).has_value(), depth <= 64);
    EXPECT_EQ(parse("a" + repeat(".a", depth - 1) + " = 1.5", DocumentFormat::kToml).has_value(),
              depth <= 64);
    EXPECT_EQ(parse("[a" + repeat(".a", depth - 2) + "]\nx = 1", DocumentFormat::kToml).has_value(),
              depth <= 64);
    // An alias is as deep as what it stands for, of which only objects and arrays are levels.
    EXPECT_EQ(parse("x: &x 1\ny: " + repeat("[", depth - 1) + "*x" + repeat("]", depth - 1),
                    DocumentFormat::kYaml)
                  .has_value(),
              depth <= 64);
    EXPECT_EQ(parse("x: &x {b: 1}\ny: " + repeat("[", depth - 2) + "*x" + repeat("]", depth - 2),
                    DocumentFormat::kYaml)
                  .has_value(),
              depth <= 64);
  }
}

TEST(Limits, DepthHasACeiling) {
  DocumentLimits limits;
  limits.depth_max = 1'000'000;
  const auto node = parse("{\"a\":" + repeat("[", 100'000), DocumentFormat::kJson, limits);
  ASSERT_FALSE(node);
  EXPECT_NE(node.error().text().find("more than 512 levels"), std::string::npos);
}

TEST(Limits, NodesAndBytesAreCounted) {
  DocumentLimits limits;
  limits.nodes_max = 5;
  EXPECT_TRUE(parse("{\"a\":[1,2,3]}", DocumentFormat::kJson, limits));
  EXPECT_EQ(outcome("{\"a\":[1,2,3,\n4]}", DocumentFormat::kJson, limits),
            "f:2:1: the document has more than 5 values (nodes_max) (at /a/3); split the document");
  EXPECT_EQ(outcome("a: &a [1]\nb: *a\nc: 1\n", DocumentFormat::kYaml, limits),
            "f:3:4: the document has more than 5 values (nodes_max) (at /c); split the document");
  limits.document_bytes_max = 4;
  EXPECT_EQ(outcome("{}   ", DocumentFormat::kJson, limits),
            "f: the file has 5 bytes, more than 4 (document_bytes_max); split the document");
}

TEST(Limits, DotsThatAreNotDepthAreLetThrough) {
  const std::string dots = repeat(".", 200);
  for (const std::string& text :
       {"a = \"" + dots + "\"", "a = '" + dots + "'", "a = '''\n" + dots + "[[\n'''",
        "a = \"\"\"\n" + dots + "\\\"\"\"\"", "a = 1 # " + dots, "\"" + dots + "\" = 1",
        "a = [" + repeat("1.5, ", 200) + "\n" + repeat("[0.5],", 200) + "]",
        "a = [" + repeat("{b.c = 1.5}, ", 200) + "]", repeat("[a.b]\n[a.b.c]\n", 1) + "x = 1.5",
        "['a." + dots + "']\nx.y = 1"}) {
    EXPECT_TRUE(parse(text, DocumentFormat::kToml)) << outcome(text, DocumentFormat::kToml);
  }
}

}  // namespace
}  // namespace lull::codec
