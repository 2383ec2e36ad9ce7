#include "lull/publish/stored_document.h"

#include "lull/publish/effective.h"
#include "support.h"

namespace lull::publish {
namespace {

using DocumentPtr = std::shared_ptr<const snapshot::Document>;

DocumentPtr document(const std::string& yaml, std::shared_ptr<MemoryAccount> account = nullptr) {
  const auto node = codec::parse_document(yaml, codec::DocumentFormat::kYaml, {"a.yaml", 0});
  EXPECT_TRUE(node) << node.error().text();
  const std::string files[] = {"a.yaml"};
  return to_document("a", *node, files, std::move(account));
}

constexpr const char* kSample =
    "db:\n  url: \"postgres://\\u00e4\\n\\u0001\"\n  pool: 5\n  none: null\n"
    "list: [1.5, -0.0, 1e300, 18446744073709551615, true, [], {}]\n"
    "\"a\\\"b\": {z: 1, a: 2}\n";

Result<DocumentPtr> read(std::string_view bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());  // so that a look beyond it is seen
  return read_stored_document({exact.data(), exact.size()}, {}, nullptr);
}

TEST(StoredDocument, ComesBackWithTextAndOrigins) {
  const auto account = std::make_shared<MemoryAccount>();
  {
    const DocumentPtr sample = document(kSample, account);
    const auto back = read_stored_document(stored_document(*sample), {}, account);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ((*back)->name(), "a");
    EXPECT_EQ((*back)->text(), sample->text());
    EXPECT_EQ(stored_document(**back), stored_document(*sample)) << "and so do the origins";
    const auto pool = (*back)->find("db/pool").value();
    EXPECT_EQ((*back)->origin(pool).line, 3U);
    EXPECT_EQ((*back)->file((*back)->origin(pool).file), "a.yaml");
  }
  EXPECT_EQ(account->bytes(), 0U);
}

TEST(StoredDocument, TruncationAndFlippedBitsAreRefusedOrStillADocument) {
  const std::string bytes = stored_document(*document(kSample));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(read(bytes + '\0'));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string flipped = bytes;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    const auto back = read(flipped);
    if (!back) {
      ++refused;
    } else {
      EXPECT_EQ(stored_document(**back).substr(0, 4), "LDc1");
    }
  }
  EXPECT_GT(refused, bytes.size());
}

TEST(StoredDocument, WhatAFileMayNotSayIsRefusedHereToo) {
  const std::string head = "LDc1";
  const auto stored = [&](std::string_view name, std::string_view text, std::string_view origins) {
    std::string out = head + static_cast<char>(name.size());
    out += name;
    out += std::string_view("\1\1f", 3);
    out += static_cast<char>(text.size());
    out += text;
    out += origins;
    return out;
  };
  using std::string_view_literals::operator""sv;
  ASSERT_TRUE(read(stored("a", "{}", "\0\1"sv)))
      << read(stored("a", "{}", "\0\1"sv)).error().text();
  EXPECT_FALSE(read(stored("../a", "{}", "\0\1"sv)));
  EXPECT_FALSE(read(stored("a", "[]", "\0\1"sv))) << "a document is an object";
  EXPECT_FALSE(read(stored("a", "{ }", "\0\1"sv))) << "not canonical";
  EXPECT_FALSE(read(stored("a", R"({"b":1,"a":2})", "\0\1\0\1\0\1"sv))) << "not in order";
  EXPECT_FALSE(read(stored("a", "{\"a\":\"\xFF\"}", "\0\1\0\1"sv))) << "not UTF-8";
  EXPECT_FALSE(read(stored("a", "{}", "\1\1"sv))) << "of a file that it does not name";
  EXPECT_FALSE(read(stored("a", "{}", "\0\1\0\1"sv))) << "more places than nodes";
  EXPECT_FALSE(read(head + "\xFF\xFF\xFF\xFF\x0F" + "a"));
  EXPECT_FALSE(read(head + std::string("\1a\0", 3) + "{}"));
}

}  // namespace
}  // namespace lull::publish
