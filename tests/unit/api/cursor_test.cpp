#include "api/cursor.h"

#include <gtest/gtest.h>

#include "lull/base/key.h"

namespace lull::api::test {
namespace {

TEST(Cursor, ReadsWhatItWrites) {
  for (const std::string& after :
       {std::string("SKU-1"), std::string("parts/wheel"), std::string("Grüße"), std::string("k"),
        std::string("kk"), std::string(kKeyBytesMax, 'k')}) {
    const Cursor cursor{{0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}, 0x0123456789ABCDEF, after};
    const std::string text = cursor.text();
    EXPECT_EQ(
        text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    const auto read = Cursor::parse(text);
    ASSERT_TRUE(read) << after;
    EXPECT_EQ(read->revision, cursor.revision);
    EXPECT_EQ(read->query_hash, cursor.query_hash);
    EXPECT_EQ(read->after, after);
  }
}

TEST(Cursor, RefusesEverythingElse) {
  const std::string good = Cursor{{1, 2}, 3, "SKU-1"}.text();
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("SKU-1"), good + "=", good + "A", good + "\n",
        good.substr(0, good.size() - 1), good.substr(0, 26), "+" + good.substr(1),
        good.substr(0, good.size() - 1) + "!", std::string(2000, 'A'),
        Cursor{{1, 2}, 3, ".."}.text(), Cursor{{1, 2}, 3, "a//b"}.text(),
        Cursor{{1, 2}, 3, std::string("a\0b", 3)}.text(), Cursor{{1, 2}, 3, "\xFF"}.text(),
        Cursor{{1, 2}, 3, std::string(kKeyBytesMax + 1, 'k')}.text()}) {
    EXPECT_FALSE(Cursor::parse(text)) << text;
  }
}

TEST(Cursor, HasOneSpelling) {
  // 25 bytes end in a digit of which only two bits count: the 15 others that spell them are
  // refused.
  const std::string good = Cursor{{1, 2}, 3, "SKU-1"}.text();
  int accepted = 0;
  for (const char digit :
       std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
    const auto read = Cursor::parse(good.substr(0, good.size() - 1) + digit);
    accepted += read && read->after == "SKU-1" ? 1 : 0;
  }
  EXPECT_EQ(accepted, 1);
}

}  // namespace
}  // namespace lull::api::test
